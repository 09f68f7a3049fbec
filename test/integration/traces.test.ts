// The trace of a certificate, from a real Certificate to a real receiver: each span as a whole.
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { until } from '../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../support/world.ts';

let world: World;
let receiver: OtlpReceiver;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  world = await World.start({ operator: false });
  await world.startReplica('traced', {
    flags: ['--tracing'],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  });
});
afterAll(async () => {
  await world?.stop();
  await receiver?.[Symbol.asyncDispose]();
});

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

function spansOf(body: unknown): readonly Span[] {
  const { resourceSpans } = body as {
    readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

it('has the approval, the call with its RequestId, and the write', async () => {
  const { cluster } = world;
  const namespace = await world.createNamespace('traces');
  await cluster.apply(world.issuer(namespace, 'pca'));
  const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' };
  await cluster.waitForCondition(issuer, { type: 'Ready', status: 'True' });
  await cluster.apply(certificate(namespace, 'web'));
  const certManager = { apiVersion: 'cert-manager.io/v1', namespace };
  await cluster.waitForCondition(
    { ...certManager, kind: 'Certificate', name: 'web' },
    { type: 'Ready', status: 'True' },
  );
  const request = await cluster.get({ ...certManager, kind: 'CertificateRequest', name: 'web-1' });
  const uid = request?.metadata.uid ?? '';
  const [root, ...children] = await until('the trace', async () => {
    const spans = receiver.received.flatMap(({ body }) => spansOf(body));
    return spans.length > 0 && spans;
  });
  const seen = (span: Span | undefined): object => ({
    ...span,
    attributes: Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]])),
  });
  const time = expect.stringMatching(/^\d{13}000000$/) as string;
  const spanId = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
  const requestId = expect.stringMatching(/^[0-9A-F-]{36}$/) as string;
  const common = {
    traceId: uid.replaceAll('-', ''),
    spanId,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    status: {},
  };
  expect(seen(root)).toEqual({
    ...common,
    name: 'issue a certificate',
    kind: 1,
    attributes: {
      'k8s.namespace.name': namespace,
      'pca_issuer.request.kind': 'CertificateRequest',
      'pca_issuer.request.name': 'web-1',
      'pca_issuer.request.uid': uid,
      'pca_issuer.issuer.kind': 'AlibabaPCAIssuer',
      'pca_issuer.issuer.namespace': namespace,
      'pca_issuer.issuer.name': 'pca',
      'pca_issuer.result': 'issued',
      'pca_issuer.operation': 'CreateCustomCertificate',
      'pca_issuer.adopted': false,
      'pca_issuer.certificate.serial_number': expect.stringMatching(/^[0-9a-f]+$/) as string,
      'pca_issuer.certificate.identifier': expect.any(String) as string,
      'pca_issuer.certificate.names': '1',
      'pca_issuer.certificate.not_after': expect.any(String) as string,
      'alibaba_cloud.request_id': requestId,
    },
  });
  const below = { ...common, parentSpanId: root?.spanId };
  expect(children.map(seen)).toEqual([
    { ...below, name: 'wait for a worker', kind: 1, attributes: {} },
    { ...below, name: 'prepare a call', kind: 1, attributes: {} },
    {
      ...below,
      name: 'CreateCustomCertificate',
      kind: 3,
      attributes: {
        'rpc.system': 'alibaba_cloud',
        'rpc.service': 'cas',
        'rpc.method': 'CreateCustomCertificate',
        'alibaba_cloud.request_id': requestId,
      },
    },
    {
      ...below,
      name: 'write the status',
      kind: 3,
      attributes: { 'pca_issuer.writes': '1', 'pca_issuer.write.outcome': 'written' },
    },
  ]);
  const whole = children.flatMap((each) => [each.startTimeUnixNano, each.endTimeUnixNano]).map(Number);
  expect([Math.min(...whole), Math.max(...whole)]).toEqual([
    Number(root?.startTimeUnixNano),
    Number(root?.endTimeUnixNano),
  ]);
  const text = JSON.stringify(receiver.received.map(({ body }) => body));
  expect(text).not.toMatch(/BEGIN|PRIVATE|LTAI/);
});
