// The lookups of this process: one for each account, CA and list, so that what was read of a list serves every issuer and
// every check.
import type { CallBudget } from '../alibaba/limits/rate-limit.ts';
import type { PcaEndpoint } from '../alibaba/endpoint.ts';
import type { CertificateStore } from '../issuing/operation.ts';
import { IssuedLookup } from './issued-lookup.ts';
import type { PcaCaller } from './pca-caller.ts';

/** Which list. */
export interface LookupKey {
  readonly endpoint: PcaEndpoint;
  readonly account: string;
  readonly parentIdentifier: string;
  readonly store: CertificateStore;
}

/** Lookups by what they look at; `now` is a wall clock. */
export class Lookups {
  readonly #lookups = new Map<string, IssuedLookup>();
  readonly #budget: Pick<CallBudget, 'reserve' | 'throttled'>;
  readonly #now: () => Date;

  constructor(on: { readonly budget: Pick<CallBudget, 'reserve' | 'throttled'>; readonly now: () => Date }) {
    this.#budget = on.budget;
    this.#now = on.now;
  }

  /** The lookup for a list, which from now on calls through `client`. */
  of(client: PcaCaller, { endpoint, account, parentIdentifier, store }: LookupKey): IssuedLookup {
    const { action, version } = store.list(1);
    const key = JSON.stringify([endpoint.protocol, endpoint.host, account, parentIdentifier, version, action]);
    const known = this.#lookups.get(key);
    if (known !== undefined) return known.use(client);
    const pace = { budget: this.#budget, account, region: endpoint.region };
    const lookup = new IssuedLookup(client, { parentIdentifier, store, pace }, () => this.#now().getTime());
    this.#lookups.set(key, lookup);
    return lookup;
  }
}
