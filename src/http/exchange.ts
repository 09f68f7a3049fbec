// One request and its whole answer, gathered as its parts arrive. A stream in between, which the library's own request() makes,
// costs as much as all the rest of an exchange.
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ownTurn } from '../timing/turns.ts';

/** What came back, with any status. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The whole body, empty where it is not kept; undefined where there was more of it than is read. */
  readonly body: Buffer | undefined;
}

/** How an answer is taken. */
export interface AnswerOptions {
  /** Ends the exchange, and closes its connection. */
  readonly signal: AbortSignal;
  /** Bytes of a body that are read; of one with more the connection is closed. */
  readonly largestBytes: (status: number) => number;
  /** Whether the body is kept; it is unless this is given. */
  readonly isKept?: (status: number) => boolean;
  /** Is told the head of the answer; what it throws ends the exchange. */
  readonly onHead?: (status: number, headers: IncomingHttpHeaders) => void;
}

// Heads with a status of 1xx before the one of the answer.
const mostInformational = 8;
// Few answers are larger. Many large ones at once would otherwise be read in one turn of the event loop: megabytes wait in each
// socket.
const bytesOfTurn = 128 * 1024;

/** The server sends head after head and no answer. */
class NoAnswer extends Error {
  // As for whatever else is no answer in HTTP.
  override readonly name = 'HTTPParserError';

  constructor() {
    super(`more than ${mostInformational} informational replies came, and no other`);
  }
}

/** Resolves with the answer; rejects with the error of the network, or at once with the signal's reason. Nothing is sent twice. */
export async function exchange(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: Dispatcher.DispatchOptions,
  options: AnswerOptions,
): Promise<Answer> {
  options.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(request, new Gathering(options, { resolve, reject }));
  });
}

interface Settling {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

class Gathering implements Dispatcher.DispatchHandler {
  readonly #options: AnswerOptions;
  readonly #settling: Settling;
  readonly #cancel: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;
  #informational = 0;
  #head: Omit<Answer, 'body'> | undefined;
  #largestBytes = 0;
  #isKept = true;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #nextTurn = bytesOfTurn;

  constructor(options: AnswerOptions, settling: Settling) {
    this.#options = options;
    this.#settling = settling;
    this.#cancel = () => this.#giveUp(options.signal.reason);
    options.signal.addEventListener('abort', this.#cancel, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while it waited for a connection.
    if (this.#isOver) controller.abort(new Error('The request was given up.'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > mostInformational) this.#giveUp(new NoAnswer());
      return;
    }
    const { largestBytes, isKept, onHead } = this.#options;
    onHead?.(status, headers);
    this.#head = { status, headers };
    this.#largestBytes = largestBytes(status);
    this.#isKept = isKept?.(status) ?? true;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#largestBytes) {
      this.#answer(undefined);
      controller.abort(new Error('The answer is larger than any that is read.'));
      return;
    }
    if (this.#isKept) this.#chunks.push(chunk);
    if (this.#size < this.#nextTurn) return;
    this.#nextTurn = this.#size + bytesOfTurn;
    controller.pause();
    void ownTurn().then(() => controller.resume());
  }

  onResponseEnd(): void {
    const [only] = this.#chunks;
    this.#answer(this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#end()) this.#settling.reject(error);
  }

  #answer(body: Buffer | undefined): void {
    if (this.#head !== undefined && this.#end()) this.#settling.resolve({ ...this.#head, body });
  }

  #giveUp(reason: unknown): void {
    if (!this.#end()) return;
    this.#settling.reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error('The request was given up.'));
  }

  /** Whether it was still open. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.signal.removeEventListener('abort', this.#cancel);
    return true;
  }
}
