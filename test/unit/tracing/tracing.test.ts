// Traces on their way to a real receiver of OTLP over HTTP.
import { expect, it } from 'vitest';
import { readTraceSettings } from '../../../src/tracing/settings.ts';
import { openTracing } from '../../../src/tracing/tracing.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { until } from '../../support/wait.ts';
import { Journal } from '../controllers/requests/journal.ts';
import { certificate, request, uid } from '../controllers/requests/samples.ts';

const issued = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: 'CreateCustomCertificate',
  requestId: 'R-1',
  adopted: true,
} as const;

function open(environment: Readonly<Record<string, string>>, delayMs = 1) {
  const read = readTraceSettings(environment, '1.2.3');
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read));
  const journal = new Journal();
  const tracing = openTracing({
    settings: read.settings,
    version: '1.2.3',
    userAgent: 'alibaba-pca-issuer/1.2.3',
    clock: systemClock,
    delayMs,
    onSpans: (result, count) => journal.add({ [result]: count }),
    onTrouble: (message) => journal.add({ trouble: message }),
  });
  const trace = (): void => {
    tracing.onStep('RequestRead', uid);
    tracing.onEnd(request(new Journal()), issued, 'written');
  };
  return { journal, tracing, trace };
}

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const moment = expect.stringMatching(/^\d{13}000000$/) as string;
const spanId = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
const span = (name: string, kind: number, attributes: readonly object[], parentSpanId?: string) => ({
  traceId: uid.replaceAll('-', ''),
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name,
  kind,
  startTimeUnixNano: moment,
  endTimeUnixNano: moment,
  attributes,
  status: {},
});

it('arrive as OTLP has them', async () => {
  await using receiver = await startOtlpReceiver();
  const { journal, tracing, trace } = open({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=pki',
  });
  trace();
  await until('the trace to arrive', async () => receiver.received.length === 1);
  await tracing.close();
  expect(receiver.received).toEqual([
    {
      path: '/v1/traces',
      headers: expect.objectContaining({
        'content-type': 'application/json',
        'user-agent': 'alibaba-pca-issuer/1.2.3',
        'x-team': 'pki',
      }) as object,
      body: {
        resourceSpans: [
          {
            resource: { attributes: [text('service.name', 'alibaba-pca-issuer'), text('service.version', '1.2.3')] },
            scopeSpans: [
              {
                scope: { name: 'alibaba-pca-issuer', version: '1.2.3' },
                spans: [
                  span('issue a certificate', 1, [
                    text('k8s.namespace.name', 'shop'),
                    text('pca_issuer.request.kind', 'CertificateRequest'),
                    text('pca_issuer.request.name', 'web-1'),
                    text('pca_issuer.request.uid', uid),
                    text('pca_issuer.issuer.kind', 'AlibabaPCAIssuer'),
                    text('pca_issuer.issuer.namespace', 'shop'),
                    text('pca_issuer.issuer.name', 'pca'),
                    text('pca_issuer.result', 'issued'),
                    text('pca_issuer.operation', 'CreateCustomCertificate'),
                    { key: 'pca_issuer.adopted', value: { boolValue: true } },
                    text('pca_issuer.certificate.serial_number', '0a1b'),
                    text('pca_issuer.certificate.identifier', 'pca-1'),
                    { key: 'pca_issuer.certificate.names', value: { intValue: '2' } },
                    text('pca_issuer.certificate.not_after', '2027-02-20T00:00:00.000Z'),
                    text('alibaba_cloud.request_id', 'R-1'),
                  ]),
                  span('wait for a worker', 1, [], spanId),
                  span(
                    'write the status',
                    3,
                    [
                      { key: 'pca_issuer.writes', value: { intValue: '0' } },
                      text('pca_issuer.write.outcome', 'written'),
                    ],
                    spanId,
                  ),
                ],
              },
            ],
          },
        ],
      },
    },
  ]);
  expect(journal.read()).toEqual([{ sent: 3 }]);
});

it('are sent again when the receiver could not take them, and told of once', async () => {
  await using receiver = await startOtlpReceiver();
  receiver.statuses.push(503, 429);
  const { journal, tracing, trace } = open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  trace();
  await until('the third try', async () => receiver.received.length === 3);
  await tracing.close();
  expect(journal.read()).toEqual([
    { trouble: 'the receiver answers with status 503.' },
    { trouble: undefined },
    { sent: 3 },
  ]);
  const [first, ...again] = receiver.received.map(({ body }) => body);
  expect(again).toEqual([first, first]);
});

it('are lost when the receiver refuses them', async () => {
  await using receiver = await startOtlpReceiver();
  receiver.statuses.push(401);
  const { journal, tracing, trace } = open({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  trace();
  await tracing.close();
  expect(journal.read()).toEqual([{ trouble: 'the receiver answers with status 401.' }, { lost: 3 }]);
  expect(receiver.received.length).toBe(1);
});

it('what nobody takes fills no memory, and holds up no end of the process', async () => {
  const { journal, tracing, trace } = open({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 60_000);
  const lost = (entries: readonly object[]): number =>
    (entries as readonly { readonly lost?: number }[]).reduce((sum, { lost: more = 0 }) => sum + more, 0);
  // Three spans each, of which 2,048 are kept.
  for (let count = 0; count < 700; count += 1) trace();
  expect(lost(journal.read())).toBe(2_100 - 2_046);
  await tracing.close();
  const entries = journal.read();
  expect(entries[0]).toEqual({ trouble: 'the receiver is not reached: ECONNREFUSED.' });
  expect(lost(entries)).toBe(2_046);
});
