// What a check finds out beside whether the issuer can issue now: facts that tell ahead of time when it no longer will.
import type { CallerIdentity } from '../../../alibaba/credentials/sts.ts';
import type { ServiceClocks } from '../../../alibaba/credentials/service-clocks.ts';
import type { OpenedCredentials } from '../credentials.ts';
import type { PcaAuthority } from '../../../authority/certificate-authority.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import { generationOf } from '../../../crds/issuer.ts';
import type { IssuingCA } from '../../../issuing/issuing-ca.ts';
import type { Clock } from '../../../timing/clock.ts';
import { startDeadline } from '../../../timing/deadline.ts';
import { RecentMap } from '../../../timing/recent-map.ts';

/** The facts of one check; what nobody told is undefined. */
export interface IssuerFacts {
  /** As PCA described it. */
  readonly ca: IssuingCA | undefined;
  /** Whose credentials they are, in the words of STS. */
  readonly identity: CallerIdentity | undefined;
  /** Until when temporary credentials are used that the operator renews. */
  readonly credentialsEnd: Date | undefined;
  /** Why the last renewal of these failed. */
  readonly renewalFailure: string | undefined;
  /** Seconds by which this machine's clock is ahead of PCA's. */
  readonly clockOffsetSeconds: number | undefined;
  /** When the subscription of the CA ends. */
  readonly subscriptionEnd: Date | undefined;
}

type Opened = Extract<OpenedCredentials, { readonly kind: 'ok' }>;

/** The issuer of a check, the way to PCA, and its CA where PCA described it. */
export interface AskedIssuer {
  readonly issuer: Issuer;
  readonly opened: Opened;
  readonly authority: Pick<PcaAuthority, 'subscriptionEnd'>;
  readonly ca: IssuingCA | undefined;
}

/** What gathering works with. */
export interface FactsParts {
  readonly serviceClocks: Pick<ServiceClocks, 'offsetSeconds'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'startTimer'>;
}

// No check waits longer for what it does not need.
const longestWaitMs = 3_000;
// A subscription is renewed once a year, and the action has a low limit of its own.
const subscriptionMs = 3_600_000;

/** Gathers the facts of checks. */
export class Facts {
  readonly #on: FactsParts;
  /** By the issuer's UID and generation; `askAgainAt` is monotonic. */
  readonly #subscriptions: RecentMap<{ end: Date | undefined; askAgainAt: number }>;

  constructor(parts: FactsParts) {
    this.#on = parts;
    this.#subscriptions = new RecentMap({ clock: parts.clock });
  }

  /** The facts, where PCA described this CA, or none. Never rejects, and takes a few seconds at most. */
  async gather({ issuer, opened, authority, ca }: AskedIssuer, signal: AbortSignal): Promise<IssuerFacts> {
    using deadline = startDeadline(longestWaitMs, signal, this.#on.clock);
    const [identity, subscriptionEnd] = await Promise.all([
      ca === undefined ? undefined : deadline.wait(opened.identity()),
      ca === undefined ? undefined : this.#subscriptionEnd(issuer, authority, deadline.signal),
    ]);
    const session = opened.session();
    return {
      ca,
      identity: identity?.kind === 'value' ? identity.value : undefined,
      credentialsEnd: session?.endsOn,
      renewalFailure: session?.renewalFailure?.message,
      clockOffsetSeconds: this.#on.serviceClocks.offsetSeconds(opened.endpoint),
      subscriptionEnd,
    };
  }

  async #subscriptionEnd(
    issuer: Issuer,
    authority: Pick<PcaAuthority, 'subscriptionEnd'>,
    signal: AbortSignal,
  ): Promise<Date | undefined> {
    const { clock } = this.#on;
    const unasked = { end: undefined, askAgainAt: Number.NEGATIVE_INFINITY };
    const known = this.#subscriptions.use(`${issuer.metadata.uid}/${generationOf(issuer)}`, () => unasked);
    if (clock.monotonic() < known.askAgainAt) return known.end;
    known.askAgainAt = clock.monotonic() + subscriptionMs;
    known.end = (await authority.subscriptionEnd(signal)) ?? known.end;
    return known.end;
  }
}
