/** What was called and how it ended, for tests and the admin interface. Secrets and whole signing requests are not kept. */
import { createHash } from 'node:crypto';

/** How a call ended: answered, refused (an error answer), cut (connection closed) or stalled (never answered). */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'cut' }
  | { readonly kind: 'stalled' };

/** One recorded call. */
export interface Call {
  readonly action: string;
  readonly version: string;
  readonly accessKeyId: string | undefined;
  /** Arrival, RFC 3339. */
  readonly time: string;
  readonly requestId: string;
  /** The wire parameters; long values are cut down to their length and the start of their SHA-256. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Where the parameters were; `both` when some were in the query and some in the body. */
  readonly placement: 'query' | 'form' | 'both' | 'none';
  readonly outcome: CallOutcome;
  /** Identifier of the certificate that the call issued, even when the answer did not arrive. */
  readonly issued: string | undefined;
}

/** Counts of one action. */
export interface ActionCounter {
  readonly calls: number;
  readonly issued: number;
  /** Refusals by Code; `(cut)` and `(stalled)` for connections without an answer. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Records calls up to a limit (the oldest are dropped) and counts all of them. */
export interface CallLog {
  add(call: Call): void;
  calls(): readonly Call[];
  counters(): Readonly<Record<string, ActionCounter>>;
  clear(): void;
}

/** An empty log that keeps at least the newest `limit` calls. */
export function createCallLog(limit: number): CallLog {
  let calls: Call[] = [];
  const counters = new Map<string, { calls: number; issued: number; failures: Record<string, number> }>();
  return {
    add(call) {
      calls.push(call);
      // Dropping half at once keeps the cost of a call constant.
      if (calls.length > 2 * limit) calls = calls.slice(limit);
      const counter = counters.get(call.action) ?? { calls: 0, issued: 0, failures: {} };
      counter.calls += 1;
      if (call.issued !== undefined) counter.issued += 1;
      const failure = failureName(call.outcome);
      if (failure !== undefined) counter.failures[failure] = (counter.failures[failure] ?? 0) + 1;
      counters.set(call.action, counter);
    },
    calls: () => calls,
    counters: () => structuredClone(Object.fromEntries(counters)),
    clear() {
      calls = [];
      counters.clear();
    },
  };
}

function failureName(outcome: CallOutcome): string | undefined {
  if (outcome.kind === 'answered') return undefined;
  return outcome.kind === 'refused' ? outcome.code : `(${outcome.kind})`;
}

/** Parameters fit for a log: what is longer than 200 characters becomes its length and hash. */
export function summarise(parameters: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...parameters].map(([name, value]) => {
      if (value.length <= 200) return [name, value];
      const hash = createHash('sha256').update(value).digest('hex').slice(0, 12);
      return [name, `(${value.length} characters, sha256 ${hash})`];
    }),
  );
}
