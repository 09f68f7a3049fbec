// What one call of an RPC operation is, and how something is put around it: credentials, limits and metrics all wrap the
// same shape, so each is written once and combined as needed.
import type { AccessKey } from './credentials/access-key.ts';
import type { PcaFailure } from './errors.ts';

/** One call of an RPC operation; parameters are flat, in wire names, e.g. `Tags.1.Key`. */
export interface PcaCall {
  readonly action: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The reply's JSON object, or a classified failure. */
export type PcaOutcome =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>>; readonly requestId: string | undefined }
  | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** How a call is made. */
export interface CallOptions {
  /** Ends the wait for the answer at once; a call that has been sent goes on at the service. */
  readonly signal: AbortSignal;
  /** Signs the call; undefined: not signed. */
  readonly accessKey?: AccessKey | undefined;
  /** Asked when nothing is left but to send, each time; false: nothing is sent. Undefined: it is sent in any case. */
  readonly mayGo?: (() => boolean) | undefined;
}

/** Makes one call; never rejects. */
export type Call = (call: PcaCall, options: CallOptions) => Promise<PcaOutcome>;

/** A call with something around it. */
export type Wrap = (next: Call) => Call;

/** Puts wraps around a call; the last one is the outermost. */
export function compose(call: Call, ...wraps: readonly Wrap[]): Call {
  return wraps.reduce((next, wrap) => wrap(next), call);
}
