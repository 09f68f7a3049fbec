// What a request went through, as spans: made of the steps that issuing tells of anyway. Nothing is known of who asked for it:
// Kubernetes carries no context of a trace, so that a trace begins with the approval.
import { createHash, randomBytes } from 'node:crypto';
import type { End } from '../controllers/requests/decision.ts';
import type { Request, WriteOutcome } from '../controllers/requests/kinds/request.ts';
import type { Answered, IssuingStep } from '../controllers/requests/signing/steps.ts';
import type { Clock } from '../timing/clock.ts';
import type { Attributes, Span } from './span.ts';

/** What the traces are made with. */
export interface RequestTracesParts {
  readonly clock: Pick<Clock, 'now'>;
  /** Takes the spans of a request that has come to its end. */
  readonly take: (spans: readonly Span[]) => void;
  /** Whether a trace is kept, by its identifier. */
  readonly samples: (traceId: string) => boolean;
  /** 16 hexadecimal digits. */
  readonly newSpanId?: () => string;
  /** Requests that are remembered at a time; the oldest makes room. */
  readonly most?: number;
}

/** A span without what all spans of its trace have. */
type Part = Omit<Span, 'traceId' | 'spanId' | 'parentSpanId'>;

/** What is known of a request that has no end yet. All times: milliseconds since 1970. */
interface Open {
  /** When a worker first had it. */
  readonly readAt: number;
  /** Since when it has waited for its next call. */
  waitsSince: number;
  calledAt: number | undefined;
  verdictAt: number | undefined;
  writes: number;
  readonly parts: Part[];
}

const mostOpen = 5_000;
// A request that fails for days would otherwise fill memory with its calls.
const mostParts = 64;

/** The traces of requests. */
export class RequestTraces {
  readonly #on: RequestTracesParts;
  readonly #newSpanId: () => string;
  readonly #open = new Map<string, Open>();

  constructor(parts: RequestTracesParts) {
    this.#on = parts;
    this.#newSpanId = parts.newSpanId ?? (() => randomBytes(8).toString('hex'));
  }

  /** Takes in a step of the request with this UID; `answered` goes with `CallAnswered`. */
  step(step: IssuingStep, uid: string, answered?: Answered): void {
    const now = this.#now;
    const open = this.#open.get(uid) ?? this.#begin(uid, now);
    switch (step) {
      case 'CallPermitted':
        open.calledAt = now;
        break;
      case 'CallAnswered':
        this.#called(open, now, answered);
        break;
      case 'VerdictReached':
        open.verdictAt ??= now;
        open.writes += 1;
        break;
      case 'RequestRead':
      case 'Planned':
      case 'InstancePromised':
      case 'EarlierLookedUp':
      case 'ResultWritten':
        break;
    }
  }

  /** Takes in the end of a request, and gives its trace away. */
  end(request: Request, end: End, written: Exclude<WriteOutcome['kind'], 'failed'>): void {
    const { uid } = request.object;
    const open = this.#open.get(uid);
    this.#open.delete(uid);
    const traceId = traceIdOf(uid);
    if (open === undefined || !this.#on.samples(traceId)) return;
    const now = this.#now;
    // Kubernetes keeps it to the second, and by another clock.
    const approvedAt = Math.min(request.approvedAt.getTime(), open.readAt);
    const error = end.kind === 'failed' ? end.reason : undefined;
    const root = this.#newSpanId();
    const parts: readonly Part[] = [
      internal('wait for a worker', approvedAt, open.readAt),
      ...open.parts,
      {
        ...internal('write the status', open.verdictAt ?? now, now),
        kind: 'Client',
        attributes: { 'pca_issuer.writes': open.writes, 'pca_issuer.write.outcome': written },
      },
    ];
    this.#on.take([
      {
        ...internal('issue a certificate', approvedAt, now),
        attributes: attributesOf(request, end),
        error,
        traceId,
        spanId: root,
        parentSpanId: undefined,
      },
      ...parts.map((part) => ({ ...part, traceId, spanId: this.#newSpanId(), parentSpanId: root })),
    ]);
  }

  #begin(uid: string, now: number): Open {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= (this.#on.most ?? mostOpen) && oldest !== undefined) this.#open.delete(oldest);
    const open = { readAt: now, waitsSince: now, calledAt: undefined, verdictAt: undefined, writes: 0, parts: [] };
    this.#open.set(uid, open);
    return open;
  }

  #called(open: Open, now: number, answered: Answered | undefined): void {
    const { calledAt = now } = open;
    if (open.parts.length < mostParts) {
      open.parts.push(internal('prepare a call', open.waitsSince, calledAt));
      open.parts.push({
        name: answered?.action ?? 'call',
        kind: 'Client',
        start: calledAt,
        end: now,
        ...outcomeOf(answered),
      });
    }
    open.waitsSince = now;
    open.calledAt = undefined;
  }

  get #now(): number {
    return this.#on.clock.now().getTime();
  }
}

function internal(name: string, start: number, end: number): Part {
  // The wall clock may be set back meanwhile.
  return { name, kind: 'Internal', start, end: Math.max(start, end), attributes: {}, error: undefined };
}

/** Of an answer the RequestId and the class of its error alone; its body stays where it is. */
function outcomeOf(answered: Answered | undefined): Pick<Part, 'attributes' | 'error'> {
  if (answered === undefined) return { attributes: {}, error: undefined };
  const { action, issued } = answered;
  const rpc = { 'rpc.system': 'alibaba_cloud', 'rpc.service': 'cas', 'rpc.method': action };
  if (issued.kind === 'ok')
    return { attributes: { ...rpc, 'alibaba_cloud.request_id': issued.requestId }, error: undefined };
  const { class: error, requestId, httpStatus } = issued.failure;
  return {
    attributes: {
      ...rpc,
      'alibaba_cloud.request_id': requestId,
      'http.response.status_code': httpStatus,
      'error.type': error,
    },
    error,
  };
}

function attributesOf({ object, issuer }: Request, end: End): Attributes {
  const common = {
    'k8s.namespace.name': object.namespace,
    'pca_issuer.request.kind': object.kind,
    'pca_issuer.request.name': object.name,
    'pca_issuer.request.uid': object.uid,
    'pca_issuer.issuer.kind': issuer?.kind.kind,
    'pca_issuer.issuer.namespace': issuer?.namespace,
    'pca_issuer.issuer.name': issuer?.name,
    'pca_issuer.result': end.kind,
  };
  if (end.kind === 'failed') return { ...common, 'error.type': end.reason };
  const { certificate, operation, requestId, adopted } = end;
  return {
    ...common,
    'pca_issuer.operation': operation,
    'pca_issuer.adopted': adopted,
    'pca_issuer.certificate.serial_number': certificate.serialNumber,
    'pca_issuer.certificate.identifier': certificate.identifier,
    'pca_issuer.certificate.names': certificate.names,
    'pca_issuer.certificate.not_after': certificate.notAfter.toISOString(),
    'alibaba_cloud.request_id': requestId,
  };
}

/** A UID of Kubernetes is a random UUID, and so is the identifier of a trace: whoever has the one has the other. */
export function traceIdOf(uid: string): string {
  const digits = uid.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : createHash('sha256').update(uid).digest('hex').slice(0, 32);
}
