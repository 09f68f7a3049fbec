// The trace of a request, made of the steps of issuing: each span as a whole.
import { describe, expect, it } from 'vitest';
import type { PcaFailure } from '../../../src/alibaba/errors.ts';
import type { Issued } from '../../../src/authority/certificate-authority.ts';
import type { End } from '../../../src/controllers/requests/decision.ts';
import type { IssuingStep } from '../../../src/controllers/requests/signing/steps.ts';
import { RequestTraces, traceIdOf } from '../../../src/tracing/request-traces.ts';
import type { RequestTracesParts } from '../../../src/tracing/request-traces.ts';
import type { Span } from '../../../src/tracing/span.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Journal } from '../controllers/requests/journal.ts';
import { certificate, request, uid } from '../controllers/requests/samples.ts';

const action = 'CreateCustomCertificate';
const traceId = '0a7c7b0e6d0e4a519a52000000000001';
const issued: End = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: action,
  requestId: 'R-2',
  adopted: false,
};
const failed: End = { kind: 'failed', reason: 'RejectedByPCA', message: 'No.', at: new Date(0) };
const ok: Issued = {
  kind: 'ok',
  reply: { kind: 'issued', identifier: 'pca-1', certificate: 'PEM', chain: [], serialNumber: '0a1b' },
  requestId: 'R-2',
};
const throttled: Issued = {
  kind: 'failed',
  failure: { class: 'Throttled', requestId: 'R-1', httpStatus: 400, message: 'slow down' } as PcaFailure,
};
const asked = request(new Journal());
const common = {
  'k8s.namespace.name': 'shop',
  'pca_issuer.request.kind': 'CertificateRequest',
  'pca_issuer.request.name': 'web-1',
  'pca_issuer.request.uid': uid,
  'pca_issuer.issuer.kind': 'AlibabaPCAIssuer',
  'pca_issuer.issuer.namespace': 'shop',
  'pca_issuer.issuer.name': 'pca',
};

/** Half a second after the approval of the request. */
const begin = asked.approvedAt.getTime() + 500;

function scene(changes: Partial<RequestTracesParts> = {}) {
  const clock = new FakeClock();
  clock.jump(begin - clock.now().getTime());
  const taken: (readonly Span[])[] = [];
  let spans = 0;
  const traces = new RequestTraces({
    clock,
    take: (trace) => taken.push(trace),
    samples: () => true,
    newSpanId: () => `span-${(spans += 1)}`,
    ...changes,
  });
  const go = (ms: number, step: IssuingStep, answer?: Issued, of = uid) => {
    clock.skip(ms);
    traces.step(step, of, answer === undefined ? undefined : { action, issued: answer });
  };
  return { clock, taken, traces, go };
}

const child = (spanId: string, name: string, from: number, to: number, more: Partial<Span> = {}): Span => ({
  traceId,
  spanId,
  parentSpanId: 'span-1',
  name,
  kind: 'Internal',
  start: begin + from,
  end: begin + to,
  attributes: {},
  error: undefined,
  ...more,
});
const call = (outcome: object) => ({
  kind: 'Client' as const,
  attributes: { 'rpc.system': 'alibaba_cloud', 'rpc.service': 'cas', 'rpc.method': action, ...outcome },
});
const write = (writes: number, outcome = 'written') => ({
  kind: 'Client' as const,
  attributes: { 'pca_issuer.writes': writes, 'pca_issuer.write.outcome': outcome },
});

it('goes from the approval to the status', () => {
  const { taken, traces, go } = scene();
  go(0, 'RequestRead');
  go(2, 'Planned');
  go(1, 'EarlierLookedUp');
  go(7, 'CallPermitted');
  go(200, 'CallAnswered', ok);
  go(5, 'VerdictReached');
  go(15, 'ResultWritten');
  traces.end(asked, issued, 'written');
  expect(taken).toEqual([
    [
      {
        ...child('span-1', 'issue a certificate', -500, 230),
        parentSpanId: undefined,
        attributes: {
          ...common,
          'pca_issuer.result': 'issued',
          'pca_issuer.operation': action,
          'pca_issuer.adopted': false,
          'pca_issuer.certificate.serial_number': '0a1b',
          'pca_issuer.certificate.identifier': 'pca-1',
          'pca_issuer.certificate.names': 2,
          'pca_issuer.certificate.not_after': '2027-02-20T00:00:00.000Z',
          'alibaba_cloud.request_id': 'R-2',
        },
      },
      child('span-2', 'wait for a worker', -500, 0),
      child('span-3', 'prepare a call', 0, 10),
      child('span-4', action, 10, 210, call({ 'alibaba_cloud.request_id': 'R-2' })),
      child('span-5', 'write the status', 215, 230, write(1)),
    ],
  ]);
});

it('has a span for each call, and one for all tries of the write', () => {
  const { taken, traces, go } = scene();
  go(0, 'RequestRead');
  go(10, 'CallPermitted');
  go(100, 'CallAnswered', throttled);
  go(1_000, 'RequestRead');
  go(10, 'CallPermitted');
  go(100, 'CallAnswered', ok);
  go(0, 'VerdictReached');
  go(3_000, 'RequestRead');
  go(0, 'VerdictReached');
  go(20, 'ResultWritten');
  traces.end(asked, failed, 'ended');
  const [trace = []] = taken;
  expect(trace[0]).toEqual({
    ...child('span-1', 'issue a certificate', -500, 4_240),
    parentSpanId: undefined,
    attributes: { ...common, 'pca_issuer.result': 'failed', 'error.type': 'RejectedByPCA' },
    error: 'RejectedByPCA',
  });
  expect(trace.slice(2)).toEqual([
    child('span-3', 'prepare a call', 0, 10),
    child('span-4', action, 10, 110, {
      ...call({
        'alibaba_cloud.request_id': 'R-1',
        'http.response.status_code': 400,
        'error.type': 'Throttled',
      }),
      error: 'Throttled',
    }),
    child('span-5', 'prepare a call', 110, 1_120),
    child('span-6', action, 1_120, 1_220, call({ 'alibaba_cloud.request_id': 'R-2' })),
    child('span-7', 'write the status', 1_220, 4_240, write(2, 'ended')),
  ]);
});

it('has no call where a certificate was found', () => {
  const { taken, traces, go } = scene();
  go(0, 'RequestRead');
  go(10, 'VerdictReached');
  go(10, 'ResultWritten');
  traces.end(asked, { ...issued, adopted: true }, 'written');
  expect(taken[0]?.map(({ name }) => name)).toEqual(['issue a certificate', 'wait for a worker', 'write the status']);
});

it('never ends before it begins, whatever clocks say', () => {
  const { clock, taken, traces, go } = scene();
  clock.jump(-600_000);
  go(0, 'RequestRead');
  go(10, 'VerdictReached');
  clock.jump(-5_000);
  traces.end(asked, issued, 'written');
  expect(taken[0]?.filter(({ start, end }) => end < start)).toEqual([]);
});

describe('memory', () => {
  it('keeps no request that came to its end', () => {
    const { taken, traces, go } = scene();
    go(0, 'RequestRead');
    traces.end(asked, issued, 'gone');
    traces.end(asked, issued, 'gone');
    expect(taken.length).toBe(1);
  });

  it('makes room for new requests, and keeps so many calls of each', () => {
    const { taken, traces, go } = scene({ most: 1 });
    go(0, 'RequestRead', undefined, 'another');
    go(0, 'RequestRead');
    traces.end({ ...asked, object: { ...asked.object, uid: 'another' } }, issued, 'written');
    expect(taken).toEqual([]);
    for (let count = 0; count < 1_000; count += 1) go(1, 'CallAnswered', throttled);
    traces.end(asked, failed, 'written');
    expect(taken[0]?.length).toBe(67);
  });
});

it('is left out where the sampler says so', () => {
  const { taken, traces, go } = scene({ samples: (id) => id !== traceId });
  go(0, 'RequestRead');
  traces.end(asked, issued, 'written');
  expect(taken).toEqual([]);
});

it('an odd UID has an identifier of a trace as well', () => {
  expect([traceIdOf(uid), traceIdOf('odd')]).toEqual([traceId, expect.stringMatching(/^[0-9a-f]{32}$/)]);
});
