// What common programs write is planned on a default issuer, or refused for a reason that is written down.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { planIssuing } from '../../../src/issuing/plan.ts';
import { readSigningRequest } from '../../../src/issuing/signing-request.ts';
import { withRequests } from '../../contract/recorded/page.ts';
import type { RecordedResult } from '../../contract/recorded/page.ts';
import { operationsFor, recordedRequests } from '../../contract/recorded/programs.ts';
import type { RecordedOperation, RecordedRequest } from '../../contract/recorded/programs.ts';
import { makeHierarchy } from '../../support/certificates.ts';
import { clusterUid, issuerSpec, issuingCA, now, requestFields } from '../../support/issuing.ts';

const page = fileURLToPath(new URL('../../../docs/mesh/requests.md', import.meta.url));
const begin = new Date('2026-01-01T00:00:00Z');
const cas = {
  ECC: issuingCA(await makeHierarchy('P-256', begin, 30)),
  RSA: issuingCA(await makeHierarchy('RSA-2048', begin, 30)),
};

function resultOf({ csr, usages, duration, isCA, key }: RecordedRequest, operation: RecordedOperation): RecordedResult {
  const read = readSigningRequest(requestFields(csr, { usages, duration, isCA }));
  if (read.kind === 'refused') return read.refusal;
  const spec =
    operation === 'CreateExternalCACertificate'
      ? issuerSpec({ externalCA: { instanceIds: ['cas_deposit-cn-1'], pathLength: 0, names: 'Refuse' } })
      : issuerSpec({ operation });
  const planned = planIssuing({ request: read.request, spec, ca: cas[key], clusterUid, now });
  return planned.kind === 'refused' ? planned.refusal : undefined;
}

const results = recordedRequests.map((request) => ({
  request,
  results: Object.fromEntries(operationsFor(request).map((operation) => [operation, resultOf(request, operation)])),
}));

test.each(results)('$request.program: $request.what', ({ request, results: seen }) => {
  const refused = Object.entries(seen).flatMap(([operation, result]) =>
    result === undefined ? [] : [[operation, result.reason]],
  );
  expect(Object.fromEntries(refused)).toEqual(request.refused);
});

test('the page is up to date (else: UPDATE_REQUESTS=1 with this test)', () => {
  const text = readFileSync(page, 'utf8');
  const fresh = withRequests(text, results);
  if (process.env['UPDATE_REQUESTS'] === '1') writeFileSync(page, fresh);
  expect(readFileSync(page, 'utf8')).toBe(fresh);
});
