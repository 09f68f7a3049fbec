// Resolves names by getaddrinfo, which knows the hosts file and search domains of the pod, and for which Node has few threads:
// half of UV_THREADPOOL_SIZE, two unless it is set. A name whose DNS server is silent holds one for 10 s and more, whoever
// waits for it, so equal names share one, and names that were never answered leave threads for those that were.
import { lookup } from 'node:dns/promises';
import type { LookupAddress, LookupOptions } from 'node:dns';

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string, options: LookupOptions) => Promise<readonly LookupAddress[]>;

// What was answered longest ago is forgotten first.
const mostAnswered = 10_000;

/** The lookups of a process. */
export class NameLookups {
  readonly #most: number;
  readonly #resolve: Resolve;
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #answered = new Set<string>();
  #unansweredUnderWay = 0;
  readonly #waiting: (() => void)[] = [];

  /** `most`: lookups at a time of names that were not answered yet or failed the last time. */
  constructor({
    most = mostUnanswered({}),
    resolve = async (name, options) => lookup(name, { ...options, all: true }),
  }: { readonly most?: number; readonly resolve?: Resolve } = {}) {
    this.#most = most;
    this.#resolve = resolve;
  }

  /** All addresses of a name; rejects with the error of getaddrinfo. */
  async all(hostname: string, options: LookupOptions): Promise<readonly LookupAddress[]> {
    const key = JSON.stringify([hostname, options.family, options.hints]);
    const present = this.#underWay.get(key);
    if (present !== undefined) return present;
    const asking = this.#answered.has(hostname) ? this.#ask(hostname, options) : this.#askInTurn(hostname, options);
    const ended = asking.finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, ended);
    return ended;
  }

  async #askInTurn(hostname: string, options: LookupOptions): Promise<readonly LookupAddress[]> {
    if (this.#unansweredUnderWay < this.#most) this.#unansweredUnderWay += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#ask(hostname, options);
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes the place over.
      if (next === undefined) this.#unansweredUnderWay -= 1;
      else next();
    }
  }

  async #ask(hostname: string, options: LookupOptions): Promise<readonly LookupAddress[]> {
    this.#answered.delete(hostname);
    const addresses = await this.#resolve(hostname, options);
    this.#answered.add(hostname);
    const [oldest = ''] = this.#answered;
    if (this.#answered.size > mostAnswered) this.#answered.delete(oldest);
    return addresses;
  }
}

/** How many lookups of names that may not be answered leave half of the threads for names (libuv, threadpool.c) free. */
export function mostUnanswered(environment: Readonly<Record<string, string | undefined>>): number {
  const threads = Number(environment['UV_THREADPOOL_SIZE'] ?? 4);
  return Math.max(1, Math.floor((Number.isInteger(threads) ? threads : 4) / 4));
}
