// The standard variables of OpenTelemetry that say where traces go and which
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/, https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
import type { Attributes } from './span.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where traces go, and which. */
export interface TraceSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** File with the CA of the receiver, in PEM; the system's unless given. */
  readonly certificateFile: string | undefined;
  readonly resource: Attributes;
  /** Share of the traces that are sent, from 0 to 1. */
  readonly share: number;
}

/** The settings, or a sentence with what is wrong with a variable; `off`: nothing is to be sent. */
export type TraceSettingsRead =
  | { readonly kind: 'ok'; readonly settings: TraceSettings }
  | { readonly kind: 'off' }
  | { readonly kind: 'invalid'; readonly message: string };

const defaultEndpoint = 'http://localhost:4318';
const tracesPath = 'v1/traces';
const defaultTimeoutMs = 10_000;
const serviceName = 'alibaba-pca-issuer';
const protocol = 'http/json';

class InvalidVariable extends Error {}

/** Reads the variables; those of traces go before those of all signals. */
export function readTraceSettings(environment: Environment, version: string): TraceSettingsRead {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  if (read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || read('OTEL_TRACES_EXPORTER') === 'none')
    return { kind: 'off' };
  const either = (name: string): Found | undefined =>
    [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]
      .map((variable) => ({ variable, value: read(variable) }))
      .find((found): found is Found => found.value !== undefined);
  try {
    checkProtocol(either('PROTOCOL'));
    const share = shareOf(read('OTEL_TRACES_SAMPLER'), read('OTEL_TRACES_SAMPLER_ARG'));
    return {
      kind: 'ok',
      settings: {
        url: urlOf(either('ENDPOINT')),
        headers: pairsOf(either('HEADERS')),
        timeoutMs: timeoutOf(either('TIMEOUT')),
        certificateFile: either('CERTIFICATE')?.value,
        resource: {
          ...pairsOf(found('OTEL_RESOURCE_ATTRIBUTES', read('OTEL_RESOURCE_ATTRIBUTES'))),
          'service.name': read('OTEL_SERVICE_NAME') ?? serviceName,
          'service.version': version,
        },
        share,
      },
    };
  } catch (error) {
    if (error instanceof InvalidVariable) return { kind: 'invalid', message: error.message };
    throw error;
  }
}

interface Found {
  readonly variable: string;
  readonly value: string;
}

function found(variable: string, value: string | undefined): Found | undefined {
  return value === undefined ? undefined : { variable, value };
}

function checkProtocol(asked: Found | undefined): void {
  if (asked !== undefined && asked.value !== protocol) {
    throw new InvalidVariable(
      `${asked.variable}: the operator sends traces as ${protocol} alone; receivers of OTLP over HTTP take it on the same port.`,
    );
  }
}

function urlOf(asked: Found | undefined): URL {
  const { variable, value } = asked ?? { variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: defaultEndpoint };
  // That of traces is the whole URL, the other one is what the path of each signal is put behind.
  const isWhole = variable.includes('_TRACES_');
  const url = URL.parse(isWhole ? value : `${value.replace(/\/$/, '')}/${tracesPath}`);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidVariable(`${variable}: a URL with http or https is needed.`);
  return url;
}

/** `name=value,name=value`, the values percent-encoded. The values may be secret, so that none is told. */
function pairsOf(asked: Found | undefined): Readonly<Record<string, string>> {
  if (asked === undefined) return {};
  const pairs = asked.value.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, at)).trim();
      if (name === '')
        throw new InvalidVariable(`${asked.variable}: name=value pairs are needed, separated by commas.`);
      return [name, decoded(asked.variable, pair.slice(at + 1).trim())];
    }),
  );
}

function decoded(variable: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidVariable(`${variable}: a value is not percent-encoded as it has to be.`);
  }
}

function timeoutOf(asked: Found | undefined): number {
  if (asked === undefined) return defaultTimeoutMs;
  if (!/^[1-9]\d{0,6}$/.test(asked.value))
    throw new InvalidVariable(`${asked.variable}: a number of milliseconds is needed.`);
  return Number(asked.value);
}

/** A trace begins here, so that a sampler and the same one with a parent come to the same. */
function shareOf(sampler = 'parentbased_always_on', argument = '1'): number {
  switch (sampler.replace(/^parentbased_/, '')) {
    case 'always_on':
      return 1;
    case 'always_off':
      return 0;
    case 'traceidratio':
      if (/^[\d.]{1,20}(?:e-\d{1,3})?$/.test(argument) && Number(argument) <= 1) return Number(argument);
      throw new InvalidVariable('OTEL_TRACES_SAMPLER_ARG: a number from 0 to 1 is needed.');
    default:
      throw new InvalidVariable(
        'OTEL_TRACES_SAMPLER: always_on, always_off, traceidratio, or one of them after parentbased_, is needed.',
      );
  }
}
