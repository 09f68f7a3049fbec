// Sends spans in the background: in batches, none of them twice at a time, and never so many that memory fills up. Nobody who
// issues waits for it.
import type { Clock } from '../timing/clock.ts';
import type { Span } from './span.ts';

/** What became of a batch; `again`: the receiver may take it later. */
export type Sent = { readonly kind: 'ok' } | { readonly kind: 'again' | 'refused'; readonly message: string };

/** What exporting works with. */
export interface ExporterParts {
  /** Sends a batch; never rejects, and ends within its own time. */
  readonly send: (spans: readonly Span[]) => Promise<Sent>;
  readonly clock: Pick<Clock, 'startTimer'>;
  /** So many spans were sent, or lost. */
  readonly onSpans: (result: 'sent' | 'lost', count: number) => void;
  /** Is told when sending begins to fail, and with undefined when it works again. */
  readonly onTrouble: (message: string | undefined) => void;
  readonly delayMs?: number;
}

// As the specification of OpenTelemetry has it for its batching processor.
const batchDelayMs = 5_000;
const largestBatch = 512;
const mostSpans = 2_048;

/** Spans on their way. */
export class SpanExporter {
  readonly #on: ExporterParts;
  #waiting: Span[] = [];
  #stopTimer: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #isTroubled = false;

  constructor(parts: ExporterParts) {
    this.#on = parts;
  }

  /** Takes the spans of a trace; where there are too many, the trace is lost. */
  take(spans: readonly Span[]): void {
    if (this.#waiting.length + spans.length > mostSpans) {
      this.#on.onSpans('lost', spans.length);
      return;
    }
    this.#waiting.push(...spans);
    if (this.#waiting.length >= largestBatch) void this.#flush();
    else this.#startTimer();
  }

  /** Sends what there is, once; what fails now is lost. */
  async close(): Promise<void> {
    this.#stopTimer?.();
    await this.#sending;
    await this.#flush();
    this.#stopTimer?.();
    this.#lose(this.#waiting.splice(0).length);
  }

  #startTimer(): void {
    this.#stopTimer ??= this.#on.clock.startTimer(() => {
      this.#stopTimer = undefined;
      void this.#flush();
    }, this.#on.delayMs ?? batchDelayMs);
  }

  async #flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0) this.#startTimer();
    });
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, largestBatch);
      const sent = await this.#on.send(batch);
      this.#tell(sent);
      if (sent.kind === 'again') return;
      this.#waiting.splice(0, batch.length);
      if (sent.kind === 'ok') this.#on.onSpans('sent', batch.length);
      else this.#lose(batch.length);
    }
  }

  #lose(count: number): void {
    if (count > 0) this.#on.onSpans('lost', count);
  }

  #tell(sent: Sent): void {
    const isTroubled = sent.kind !== 'ok';
    if (isTroubled === this.#isTroubled) return;
    this.#isTroubled = isTroubled;
    this.#on.onTrouble(sent.kind === 'ok' ? undefined : sent.message);
  }
}
