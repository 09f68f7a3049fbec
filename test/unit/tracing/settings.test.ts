// What the standard variables of OpenTelemetry say.
import { describe, expect, it } from 'vitest';
import { readTraceSettings } from '../../../src/tracing/settings.ts';

const defaults = {
  url: new URL('http://localhost:4318/v1/traces'),
  headers: {},
  timeoutMs: 10_000,
  certificateFile: undefined,
  resource: { 'service.name': 'alibaba-pca-issuer', 'service.version': '1.2.3' },
  share: 1,
};
const otlp = 'OTEL_EXPORTER_OTLP';

it.each<[string, Readonly<Record<string, string>>, object]>([
  ['nothing', {}, {}],
  ['an empty variable as nothing', { [`${otlp}_ENDPOINT`]: ' ' }, {}],
  [
    'an endpoint of all signals',
    { [`${otlp}_ENDPOINT`]: 'https://otel.example.com:4318/base/' },
    { url: new URL('https://otel.example.com:4318/base/v1/traces') },
  ],
  [
    'an endpoint of traces, as it is, before that of all',
    { [`${otlp}_ENDPOINT`]: 'http://a', [`${otlp}_TRACES_ENDPOINT`]: 'http://b/in?x=1' },
    { url: new URL('http://b/in?x=1') },
  ],
  [
    'headers',
    { [`${otlp}_HEADERS`]: 'authorization=Bearer%20a%3Db, x-scope = team,' },
    { headers: { authorization: 'Bearer a=b', 'x-scope': 'team' } },
  ],
  [
    'a timeout and a CA',
    { [`${otlp}_TIMEOUT`]: '2500', [`${otlp}_TRACES_CERTIFICATE`]: '/ca.pem' },
    { timeoutMs: 2_500, certificateFile: '/ca.pem' },
  ],
  ['the protocol that is spoken', { [`${otlp}_PROTOCOL`]: 'http/json' }, {}],
  [
    'what the process is',
    { OTEL_SERVICE_NAME: 'pca', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,k8s.cluster.name=a%20b' },
    { resource: { 'service.name': 'pca', 'service.version': '1.2.3', 'k8s.cluster.name': 'a b' } },
  ],
  ['all traces', { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '0.1' }, {}],
  ['no trace', { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, { share: 0 }],
  ['some', { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, { share: 0.25 }],
  ['all, without an argument', { OTEL_TRACES_SAMPLER: 'traceidratio' }, {}],
])('takes %s', (_name, environment, changes) => {
  expect(readTraceSettings(environment, '1.2.3')).toEqual({ kind: 'ok', settings: { ...defaults, ...changes } });
});

it.each([{ OTEL_SDK_DISABLED: 'TRUE' }, { OTEL_TRACES_EXPORTER: 'none' }])('is off with %j', (environment) => {
  expect(readTraceSettings(environment, '1.2.3')).toEqual({ kind: 'off' });
});

describe('refuses without telling a value', () => {
  it.each([
    [`${otlp}_PROTOCOL`, 'grpc'],
    [`${otlp}_TRACES_PROTOCOL`, 'http/protobuf'],
    [`${otlp}_ENDPOINT`, 'otel:4318'],
    [`${otlp}_TRACES_ENDPOINT`, 'S3CRET'],
    [`${otlp}_HEADERS`, 'S3CRET'],
    [`${otlp}_HEADERS`, '=S3CRET'],
    [`${otlp}_HEADERS`, 'a=S3CRET%'],
    [`${otlp}_TIMEOUT`, '10s'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'S3CRET'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ])('%s=%s', (name, value) => {
    const read = readTraceSettings({ [name]: value }, '1.2.3');
    expect(read.kind === 'invalid' ? read.message.startsWith(`${name}: `) : read).toBe(true);
    expect(JSON.stringify(read)).not.toContain('S3CRET');
  });

  it.each(['1.5', '-1', 'half', ''])('a share of "%s"', (share) => {
    const read = readTraceSettings({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: share }, '1.2.3');
    expect(read.kind).toBe(share === '' ? 'ok' : 'invalid');
  });
});
