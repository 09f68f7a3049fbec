// Every combination of request and operation: the exact parameters, or the refusal of the part at fault.
import { expect, test } from 'vitest';

import { planIssuing } from '../../../../src/issuing/plan.ts';
import { allRequests, describeRequest, operations, partParameters, refusedParts } from '../../../contract/requests.ts';
import type { Operation, RequestCase } from '../../../contract/requests.ts';
import { makeCsr, makeHierarchy } from '../../../support/certificates.ts';
import type { TestHierarchy } from '../../../support/certificates.ts';
import { clusterUid, issuerSpec, issuingCA, now, signingRequest } from '../../../support/issuing.ts';
import { readSecondedRequest } from '../../../../src/issuing/signing-request.ts';
import { sampleOf } from '../../../support/sample.ts';

const hierarchies: Readonly<Record<'RSA' | 'ECC', TestHierarchy>> = {
  RSA: await makeHierarchy('RSA-2048', new Date('2026-01-01T00:00:00Z')),
  ECC: await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z')),
};
const identifier = '871998e8-3dec-225e-c4c4-11fc50407da9';
const parent = issuerSpec().parentIdentifier;
const seconds = { BeforeTime: '1795428000', AfterTime: '1803204000' };

/** The parameters of every call of the operation in addition to the parts of the request. */
function fixedParameters(operation: Operation, csr: string): Readonly<Record<string, string>> {
  const common = { ParentIdentifier: parent };
  switch (operation) {
    case 'CreateCustomCertificate':
      return {
        ...common,
        Csr: csr,
        Immediately: '2',
        Validity: '2026-11-23T10:00:00Z/2027-02-21T10:00:00Z',
        customIdentifier: identifier,
      };
    case 'CreateCertificateWithExtension':
      return { ...common, CsrPemString: csr, ...seconds };
    case 'CreateServerCertificateWithCsr':
    case 'CreateClientCertificateWithCsr':
      return { ...common, Csr: csr, Immediately: '2', ...seconds, CustomIdentifier: identifier };
    case 'CreateWHClientCertificate':
      return { ...common, Csr: csr, Immediately: '2', ...seconds };
  }
}

const fieldOf: Readonly<Record<keyof RequestCase, string>> = {
  usages: 'spec.usages',
  key: 'spec.request',
  names: 'spec.request',
  subject: 'spec.request',
};

async function check(request: RequestCase): Promise<void> {
  const csr = await makeCsr(request.key.kind, { subject: request.subject.content, names: request.names.content });
  const fields = { usages: request.usages.words };
  const family = request.key.kind.startsWith('RSA') ? 'RSA' : 'ECC';
  const ca = issuingCA(hierarchies[family], { Algorithm: family });
  for (const operation of operations) {
    const planned = planIssuing({
      request: signingRequest(csr, fields),
      spec: issuerSpec({ operation }),
      ca,
      clusterUid,
      now,
    });
    const [refused] = refusedParts(request, operation);
    const what = `${operation}: ${describeRequest(request)}`;
    if (refused === undefined) {
      expect(planned.kind === 'planned' ? planned.plan.call : planned.refusal, what).toEqual({
        action: operation,
        version: operation === 'CreateWHClientCertificate' ? '2020-04-07' : '2020-06-30',
        parameters: { ...fixedParameters(operation, csr), ...partParameters(request, operation) },
      });
    } else expect(planned.kind === 'refused' ? planned.refusal.field : planned, what).toBe(fieldOf[refused]);
  }
}

test('the calls are exactly those of the contract, and what an operation cannot express is refused', async () => {
  const requests = sampleOf(allRequests(), 150);
  for (const request of requests) await check(request);
});

test('a refusal names the operation and those that could issue the request', async () => {
  const csr = await makeCsr('P-256', { subject: [{ CN: ['a'] }], names: [{ kind: 'uri', value: 'spiffe://a/b' }] });
  const planned = planIssuing({
    request: signingRequest(csr, { usages: ['digital signature', 'key encipherment', 'server auth'] }),
    spec: issuerSpec({ operation: 'CreateServerCertificateWithCsr' }),
    ca: issuingCA(hierarchies.ECC, { Algorithm: 'ECC' }),
    clusterUid,
    now,
  });
  expect(planned).toEqual({
    kind: 'refused',
    refusal: {
      reason: 'NameNotSupported',
      field: 'spec.request',
      message:
        'spec.request: CreateServerCertificateWithCsr cannot express alternative names of the kind uri, only dns, ip. Remove them from the Certificate. Or use an issuer with spec.operation CreateCustomCertificate, which can.',
    },
  });
});

test('P-521 is sent only where the issuer allows it', async () => {
  const csr = await makeCsr('P-521', { subject: [{ CN: ['a'] }] });
  const ca = issuingCA(hierarchies.ECC, { Algorithm: 'ECC' });
  const usages = ['digital signature', 'key encipherment', 'client auth'];
  const kinds = operations.map(
    (operation) =>
      planIssuing({
        request: signingRequest(csr, { usages }),
        spec: issuerSpec({ operation, allowP521: true }),
        ca,
        clusterUid,
        now,
      }).kind,
  );
  expect(kinds).toEqual(['planned', 'planned', 'refused', 'planned', 'planned']);
});

test('keys whose signature cannot be proven never reach an operation', async () => {
  const csr = await makeCsr('Ed25519', { subject: [{ CN: ['a'] }] });
  const read = await readSecondedRequest({
    uid: 'a',
    request: Buffer.from(csr).toString('base64'),
    duration: undefined,
    isCA: false,
    usages: undefined,
  });
  const planned =
    read.kind === 'ok'
      ? planIssuing({
          request: read.request,
          spec: issuerSpec(),
          ca: issuingCA(hierarchies.ECC, { Algorithm: 'ECC' }),
          clusterUid,
          now,
        })
      : read;
  expect(planned.kind === 'refused' ? planned.refusal.reason : planned).toBe('KeyNotSupported');
});
