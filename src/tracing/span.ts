// Spans, and the JSON form of OTLP in which they are sent (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).

/** Values of attributes; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span that is over. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** undefined for the first span of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** `Client`: something that another process did for this one. */
  readonly kind: 'Internal' | 'Client';
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** Why it failed, in a word; undefined where it did not. */
  readonly error: string | undefined;
}

const kinds = { Internal: 1, Client: 3 } as const;
const errorCode = 2;
const scope = 'alibaba-pca-issuer';

/** The body of a request that exports these spans of one process. */
export function exportRequest(resource: Attributes, version: string, spans: readonly Span[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: scope, version }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf({ traceId, spanId, parentSpanId, name, kind, start, end, attributes, error }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: errorCode, message: error },
  };
}

function attributesOf(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  // 64-bit integers are texts in this form.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

// Beyond what a number can hold.
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}
