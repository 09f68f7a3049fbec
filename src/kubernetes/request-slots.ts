// The places for requests under way. Namespaces share them, so that writes which an admission webhook of one namespace holds
// up for seconds never keep another namespace's requests from going out.
import { FairQueue } from '../timing/fair-queue.ts';
import { FlowShares } from '../timing/flow-shares.ts';

interface Waiting {
  readonly flow: string;
  readonly give: () => void;
}

// One flow gets half of the places, two get a third each: a newcomer finds one until many flows are stuck at once.
const weight = 1;

/** So many places; whoever finds none waits for its flow's turn. */
export class RequestSlots {
  readonly #shares = new FlowShares(weight);
  readonly #waiting = new Map<string, Waiting>();
  readonly #line = new FairQueue((key) => this.#waiting.get(key)?.flow ?? '');
  #free: number;
  #serial = 0;

  constructor(places: number) {
    this.#free = places;
  }

  /** A place for the flow, to be disposed of; rejects with the signal's reason when that aborts first. */
  async take(flow: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    this.#serial += 1;
    const key = String(this.#serial);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const abandon = (): void => {
      this.#leave(key);
      reject(signal.reason as Error);
    };
    this.#waiting.set(key, { flow, give: () => resolve(undefined) });
    this.#line.push(key, 0);
    signal.addEventListener('abort', abandon, { once: true });
    this.#serve();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abandon);
    }
    return { [Symbol.dispose]: () => this.#giveBack(flow) };
  }

  #leave(key: string): void {
    this.#waiting.delete(key);
    this.#line.remove(key);
  }

  #serve(): void {
    while (this.#free > 0) {
      const place = this.#line.take((key) => this.#shares.admits(this.#waiting.get(key)?.flow ?? '', this.#free));
      if (place === undefined) return;
      this.#free -= 1;
      this.#shares.take(place.flow);
      this.#waiting.get(place.key)?.give();
      this.#waiting.delete(place.key);
    }
  }

  #giveBack(flow: string): void {
    this.#free += 1;
    this.#shares.giveBack(flow);
    this.#serve();
  }
}
