// For any request, any operation and anything that the documents leave open: the simulated certificate satisfies the
// request in every field and is accepted, or it does not and is refused; or nothing is called at all. Never a third thing.
import type * as X509 from '@peculiar/x509';
import { afterAll, expect, test } from 'vitest';

import { startSimulator } from '../../../simulator/simulator.ts';
import type { Faults } from '../../../simulator/simulator.ts';
import { endpointFor } from '../../../src/alibaba/endpoint.ts';
import { compose } from '../../../src/alibaba/call.ts';
import type { PcaCall } from '../../../src/alibaba/call.ts';
import { withAccessKey } from '../../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { describeIssuingCACall, readIssuingCA } from '../../../src/issuing/issuing-ca.ts';
import type { IssuingCA } from '../../../src/issuing/issuing-ca.ts';
import type { StoredReply } from '../../../src/issuing/operation.ts';
import { planIssuing } from '../../../src/issuing/plan.ts';
import type { IssuePlan } from '../../../src/issuing/plan.ts';
import { allRequests, describeRequest, operations, refusedParts } from '../../contract/requests.ts';
import type { Operation, RequestCase } from '../../contract/requests.ts';
import { makeCsr, Pkcs10CertificateRequest, X509Certificate } from '../../support/certificates.ts';
import { clusterUid, issuerSpec, signingRequest } from '../../support/issuing.ts';
import { generator, sampleOf } from '../../support/sample.ts';

const transport = new HttpTransport();

const simulator = await startSimulator();
afterAll(async () => simulator.close());

const endpoint = endpointFor({ region: 'cn-hangzhou', host: simulator.endpoint, protocol: 'HTTP' });
const client = compose(
  pcaCall({ endpoint, transport, timeoutMs: 60_000, userAgent: 'alibaba-pca-issuer/test' }),
  withAccessKey({ ...simulator.accessKey, securityToken: undefined }),
);

async function answer(call: PcaCall): Promise<unknown> {
  const outcome = await client(call, { signal: new AbortController().signal });
  if (outcome.kind === 'failed') throw new Error(`${call.action}: ${outcome.failure.message}`);
  return outcome.body;
}

async function caNamed(identifier: string): Promise<IssuingCA> {
  const read = readIssuingCA(await answer(describeIssuingCACall(identifier)));
  if (read.kind === 'malformed') throw new Error(read.message);
  return read.ca;
}
const cas = { RSA: await caNamed('sim-sub-rsa-2048'), ECC: await caNamed('sim-sub-ecc-p256') };

/** Every choice that the documents leave open, drawn at random. */
function anyChoices(random: () => number): Partial<Faults> {
  const one = <Value>(...values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  return {
    csrNames: one('Kept', 'Merged', 'Replaced'),
    csrUsages: one('Used', 'Ignored'),
    csrExtensions: one('Used', 'Ignored'),
    csrSubject: one('Wins', 'Merged', 'ParametersWin'),
    addedSubject: one('Documented', 'None'),
    profileKeyUsage: one('Recipe', 'Recipe', 'ByKeyFamily'),
    olderReply: one(true, false),
    serverIgnoresImmediately: one(true, false),
    chainOrder: one('IssuerFirst', 'RootFirst'),
    chainWithRoot: one(true, false),
    escapedNewlines: one(true, false),
    missingFinalNewline: one(true, false),
    wrongKey: one(0, 0, 0, 0, 1),
    wrongName: one(0, 0, 0, 0, 1),
    wrongUsage: one(0, 0, 0, 0, 1),
    shiftedValidity: one(0, 0, 0, 0, 1),
    asCertificateAuthority: one(0, 0, 0, 0, 1),
  };
}

async function fetchReply({ operation, call }: IssuePlan): Promise<StoredReply> {
  const reply = operation.read(await answer(call));
  return reply.kind === 'pending'
    ? operation.store.read(await answer(operation.store.describe(reply.identifier)))
    : reply;
}

const keyUsageBits = [
  'digital signature',
  'content commitment',
  'key encipherment',
  'data encipherment',
  'key agreement',
];
const purposes: Readonly<Record<string, string>> = {
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  any: '2.5.29.37.0',
};
const sorted = (values: readonly string[]): string => [...values].sort().join('\n');

interface Issued {
  readonly request: RequestCase;
  readonly csr: string;
  readonly plan: IssuePlan;
  readonly operation: Operation;
}

/** The differences between certificate and request, found with another implementation of X.509. */
function differences(certificate: X509.X509Certificate, issued: Issued): readonly string[] {
  const wanted = factsAsked(issued);
  const facts = factsOf(certificate);
  return [
    ...Object.keys(wanted).filter((fact) => facts[fact] !== wanted[fact]),
    ...(isSubject(certificate.subject, new Pkcs10CertificateRequest(issued.csr).subject, issued.operation)
      ? []
      : ['subject']),
  ];
}

type Facts = Readonly<Record<string, unknown>>;

function factsAsked({ request, csr, plan }: Issued): Facts {
  const words = request.usages.words ?? ['digital signature', 'key encipherment'];
  return {
    key: hex(new Pkcs10CertificateRequest(csr).publicKey.rawData),
    names: sorted(request.names.content.map(({ value }) => value.toLowerCase())),
    keyUsages: words.reduce(
      (sum, word) => sum | (keyUsageBits.includes(word) ? 1 << keyUsageBits.indexOf(word) : 0),
      0,
    ),
    purposes: sorted(words.flatMap((word) => purposes[word] ?? [])),
    ca: false,
    notBefore: plan.notBefore.getTime(),
    notAfter: plan.notAfter.getTime(),
  };
}

function factsOf(certificate: X509.X509Certificate): Facts {
  const names = certificate.getExtension<X509.SubjectAlternativeNameExtension>('2.5.29.17')?.names.items ?? [];
  const extended = certificate.getExtension<X509.ExtendedKeyUsageExtension>('2.5.29.37')?.usages ?? [];
  return {
    key: hex(certificate.publicKey.rawData),
    names: sorted(names.map(({ value }) => value.toLowerCase())),
    keyUsages: certificate.getExtension<X509.KeyUsagesExtension>('2.5.29.15')?.usages ?? 0,
    purposes: sorted(extended.map(String)),
    ca: certificate.getExtension<X509.BasicConstraintsExtension>('2.5.29.19')?.ca ?? false,
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  };
}

const hex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('hex');

/** The asked attributes, and for operations with a profile further ones of types that were not asked for. */
function isSubject(given: string, asked: string, operation: Operation): boolean {
  const attributes = (name: string): readonly string[] =>
    name.split(/, (?=[A-Z0-9.]+=)|\+(?=[A-Z0-9.]+=)/).filter(Boolean);
  const wanted = attributes(asked);
  const types = new Set(wanted.map((attribute) => attribute.split('=')[0]));
  const rest = attributes(given).filter((attribute) => {
    const type = attribute.split('=')[0] ?? '';
    const mayBeAdded = operation !== 'CreateCustomCertificate' && /^(O|OU|ST|L|C)$/.test(type) && !types.has(type);
    return !mayBeAdded;
  });
  return sorted(rest) === sorted(wanted);
}

test('a certificate that satisfies the request is accepted, and only such a one', async () => {
  const random = generator(Number(process.env['SEED'] ?? 1));
  const requests = sampleOf(
    allRequests().filter((request) => operations.some((operation) => refusedParts(request, operation).length === 0)),
    120,
  );
  const seen = { accepted: 0, refused: 0, notCalled: 0 };
  for (const request of requests) {
    const csr = await makeCsr(request.key.kind, { subject: request.subject.content, names: request.names.content });
    const ca = cas[request.key.kind.startsWith('RSA') ? 'RSA' : 'ECC'];
    for (const operation of operations) {
      const choices = anyChoices(random);
      simulator.reset();
      simulator.setFaults(choices);
      const now = new Date();
      const spec = issuerSpec({ operation, parentIdentifier: ca.identifier });
      const planned = planIssuing({
        request: signingRequest(csr, { usages: request.usages.words }),
        spec,
        ca,
        clusterUid,
        now,
      });
      if (planned.kind === 'refused') {
        seen.notCalled += 1;
        continue;
      }
      const { plan } = planned;
      const reply = await fetchReply(plan);
      if (reply.kind !== 'issued') throw new Error(`${operation} gave no certificate: ${JSON.stringify(reply)}`);
      const verdict = verifyIssued({ plan, reply, ca, trust: 'Root', now });
      const [issued] = simulator.issued();
      const found = differences(new X509Certificate(issued?.pem ?? ''), { request, csr, plan, operation });
      const accepted = verdict.kind === 'verified';
      seen[accepted ? 'accepted' : 'refused'] += 1;
      const what = `${operation}: ${describeRequest(request)}; ${JSON.stringify(choices)}; ${verdict.kind === 'mismatch' ? verdict.message : ''}`;
      expect({ accepted, found }, what).toEqual({ accepted: found.length === 0, found });
    }
  }
  expect(
    Object.values(seen).every((count) => count > 20),
    JSON.stringify(seen),
  ).toBe(true);
}, 120_000);
