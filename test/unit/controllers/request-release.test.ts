// A request leaves the store while its certificate was not written as far as we know: in use, abandoned, or nobody can tell.
import { expect, it, vi } from 'vitest';
import { Attempts } from '../../../src/controllers/attempts.ts';
import { pendingStatus } from '../../../src/controllers/certificate-request-status.ts';
import type { LiveRead, LiveRequest } from '../../../src/controllers/live-request.ts';
import { openRequest } from '../../../src/controllers/open-request.ts';
import { releaseAttempt } from '../../../src/controllers/request-release.ts';
import type { IssuedCertificate } from '../../../src/issuing/issued-certificate.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { certificateRequest } from '../../support/certificate-requests.ts';

const request = certificateRequest();
const written = (certificate: string): LiveRead => ({
  kind: 'read',
  request: { writtenCertificate: certificate } as Partial<LiveRequest> as LiveRequest,
});
const unreadable: LiveRead = {
  kind: 'failed',
  failure: { class: 'Transient', status: 500, reason: undefined, message: 'No.', retryAfterMilliseconds: undefined },
};

it.each([
  ['the write came through', written('b3Vycw=='), { revoked: [], abandoned: 0, issued: 1 }],
  ['somebody wrote another end', written('dGhlaXJz'), { revoked: ['pca-1'], abandoned: 1, issued: 0 }],
  ['the request is gone', { kind: 'gone' }, { revoked: ['pca-1'], abandoned: 1, issued: 0 }],
  ['the API server does not tell', unreadable, { revoked: [], abandoned: 1, issued: 0 }],
] as const)('%s', async (_name, read, expected) => {
  const open = openRequest(request);
  if (open === undefined) throw new Error('The request is not open.');
  const attempts = new Attempts();
  attempts.of(open.metadata.uid).verdict = {
    result: 'issued',
    status: { ...pendingStatus('Issued.'), certificate: 'b3Vycw==' },
    certificate: { serialNumber: '01', identifier: 'pca-1' } as Partial<IssuedCertificate> as IssuedCertificate,
  };
  const revoked: string[] = [];
  const metrics = createMetrics();
  const counted = vi.spyOn(metrics, 'count');
  const told = vi.fn<() => void>();
  const left: string[] = [];
  const dependencies = {
    attempts,
    turns: { leave: (uid: string) => left.push(uid) },
    revocations: {
      offer: (_identity: unknown, identifier: string) => {
        revoked.push(identifier);
        return 'revoked' as const;
      },
    },
    metrics,
    logger: { info: told, warn: told } as Partial<Logger> as Logger,
  };
  releaseAttempt(dependencies, { read: async () => read }, open);
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
  const count = (name: string): number => counted.mock.calls.filter(([metric]) => metric === name).length;
  expect({
    revoked,
    abandoned: count('pca_issuer_certificates_without_request_total'),
    issued: count('pca_issuer_certificate_requests_total'),
  }).toEqual(expected);
  expect({ attempts: attempts.size, left }).toEqual({ attempts: 0, left: [open.metadata.uid] });
});
