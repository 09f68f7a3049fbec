// One watch from its opening to its end. Notices what the transport does not: a connection that stays open and silent
// (a stopped API server, one that is shutting down), a server that never ends the watch, and lines that are not events.
import type { Clock } from '../timing/clock.ts';
import { TimeSlice } from '../timing/time-slice.ts';
import type { KubernetesFailure, KubernetesResult } from './failure.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseWatchEvent } from './watch-event.ts';
import type { WatchEvent } from './watch-event.ts';

/** An event that carries state. */
export type StateEvent = Extract<WatchEvent, { readonly kind: 'object' | 'bookmark' }>;

/** How a watch ended. */
export type WatchEnd =
  /** The server refused it, or could not be reached. */
  | { readonly kind: 'refused'; readonly failure: KubernetesFailure }
  /** The server ended it normally. */
  | { readonly kind: 'closed' }
  /** The connection broke. */
  | { readonly kind: 'cut'; readonly message: string }
  /** Nothing arrived for too long. */
  | { readonly kind: 'stalled'; readonly ms: number }
  /** The server did not end it when it should have. */
  | { readonly kind: 'overdue' }
  /** An ERROR event. */
  | Extract<WatchEvent, { readonly kind: 'error' }>
  /** The server is at an older resourceVersion than one that it gave before. */
  | { readonly kind: 'rewound'; readonly known: string; readonly seen: string }
  /** Something that is not a watch event, so that nothing after it can be trusted. */
  | { readonly kind: 'garbage'; readonly message: string }
  /** The caller's signal was aborted. */
  | { readonly kind: 'cancelled' };

/** What is needed to read a watch. */
export interface WatchStreamOptions {
  readonly open: (signal: AbortSignal) => Promise<KubernetesResult<AsyncIterable<Uint8Array>>>;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic' | 'startTimer'>;
  /** Longest time in milliseconds without a byte once the answer has begun; called at least every second. */
  readonly silenceMs: () => number;
  /** Longest time in milliseconds in all. */
  readonly totalMs: number;
  readonly largestLineBytes: number;
  /** Takes the events in order; the watch ends when it says so. Must not throw. */
  readonly onEvent: (event: StateEvent) => WatchEnd | undefined | Promise<undefined>;
  /** A line was longer than allowed and is lost. */
  readonly onTooLong: (bytes: number) => void;
  /** Called when the answer begins and with each chunk. */
  readonly onContact: () => void;
}

// The limit may become shorter while a watch is open.
const longestCheckMs = 1000;

/** Reads a watch until it ends, and never rejects. */
export async function readWatch(options: WatchStreamOptions): Promise<WatchEnd> {
  if (options.signal.aborted) return { kind: 'cancelled' };
  using guard = startGuard(options);
  const end = await readOpened(options, guard);
  return options.signal.aborted ? { kind: 'cancelled' } : (guard.verdict() ?? end);
}

interface Guard extends Disposable {
  /** Aborted by the caller's signal, by the guard's verdict, and at the end. */
  readonly signal: AbortSignal;
  readonly onContact: () => void;
  /** Why the guard has ended the stream, if it has. */
  verdict(): WatchEnd | undefined;
}

function startGuard(options: WatchStreamOptions): Guard {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  options.signal.addEventListener('abort', cancel, { once: true });
  const { monotonic, startTimer } = options.clock;
  let lastContact: number | undefined;
  let stopSilence: (() => void) | undefined;
  let verdict: WatchEnd | undefined;
  const end = (why: WatchEnd): void => {
    verdict ??= why;
    controller.abort();
  };
  const check = (since: number): void => {
    const limit = options.silenceMs();
    const left = limit - (monotonic() - since);
    if (left <= 0) end({ kind: 'stalled', ms: limit });
    else stopSilence = startTimer(() => check(lastContact ?? since), Math.min(left, longestCheckMs));
  };
  const stopTotal = startTimer(() => end({ kind: 'overdue' }), options.totalMs);
  return {
    signal: controller.signal,
    onContact: () => {
      const isFirst = lastContact === undefined;
      lastContact = monotonic();
      options.onContact();
      // The opening has a deadline of its own, so silence counts from the beginning of the answer.
      if (isFirst) check(lastContact);
    },
    verdict: () => verdict,
    [Symbol.dispose]: () => {
      stopSilence?.();
      stopTotal();
      options.signal.removeEventListener('abort', cancel);
      // Frees the connection of a stream that is abandoned half read.
      controller.abort();
    },
  };
}

async function readOpened(options: WatchStreamOptions, { signal, onContact }: Guard): Promise<WatchEnd> {
  const opened = await options.open(signal);
  if (opened.kind === 'failed') return { kind: 'refused', failure: opened.failure };
  onContact();
  const splitter = new LineSplitter(options.largestLineBytes);
  try {
    for await (const chunk of opened.body) {
      onContact();
      const { lines, tooLong } = splitter.push(chunk);
      for (const bytes of tooLong) options.onTooLong(bytes);
      const end = await takeLines(lines, options, signal);
      if (end !== undefined) return end;
    }
  } catch (error) {
    return { kind: 'cut', message: error instanceof Error ? error.message : String(error) };
  }
  return splitter.pendingBytes === 0
    ? { kind: 'closed' }
    : { kind: 'cut', message: `the stream ended within a line, after ${splitter.pendingBytes} bytes of it` };
}

async function takeLines(
  lines: readonly Buffer[],
  options: WatchStreamOptions,
  signal: AbortSignal,
): Promise<WatchEnd | undefined> {
  const slice = new TimeSlice(options.clock);
  for (const line of lines) {
    const event = parseWatchEvent(line);
    if (event.kind === 'error' || event.kind === 'garbage') return event;
    const taken = options.onEvent(event);
    const end = taken instanceof Promise ? await taken : taken;
    if (end !== undefined) return end;
    if (slice.isUsedUp()) {
      await slice.pass();
      if (signal.aborted) return { kind: 'cancelled' };
    }
  }
  return undefined;
}
