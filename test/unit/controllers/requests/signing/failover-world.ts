// One request of an issuer with two entries in two regions, each with a PCA of its own, for sequences of whatever may happen.
import { PcaAuthority } from '../../../../../src/authority/certificate-authority.ts';
import { CertificateSearches } from '../../../../../src/authority/certificate-search.ts';
import type { ReadyIssuer } from '../../../../../src/controllers/issuers/ready-issuers.ts';
import type { Decision } from '../../../../../src/controllers/requests/decision.ts';
import type { IssuerSpec } from '../../../../../src/crds/issuer.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { noLimits } from '../../../authority/authority-stage.ts';
import { uids } from '../../characterization/material.ts';
import { issuerName, Rig } from '../rig.ts';
import { hierarchies, TruePca } from './once-world.ts';
import type { CallFate } from './once-world.ts';

/** What may happen; `turn`: the issuer uses the other entry from now on. */
export type Happening =
  { readonly passes: number } | 'look' | 'turn' | 'restart' | 'first silent' | 'second silent' | 'late calls arrive';

const regions = [
  { parentIdentifier: 'ca', region: 'cn-hangzhou', host: 'pca.test' },
  { parentIdentifier: 'ca-2', region: 'cn-shanghai', host: 'pca-2.test' },
] as const;
const uid = uids['web-1'] ?? '';
// Longer than a service may take to work off what reached it while it was silent.
const backlogMs = 100_000;

/** The request in its process, over two regions as they truly are. */
export class FailoverWorld {
  readonly pcas: readonly [TruePca, TruePca];
  readonly #rig = new Rig({ spec: { issuanceLimits: { reissuesPerHour: 0 } } });
  readonly #operation: IssuerSpec['operation'];
  readonly #described = [true, true];
  /** For how long each has answered. */
  readonly #answersFor = [0, 0];
  #searches: CertificateSearches;
  #inUse = 0;
  /** How the request ended. */
  end: 'issued' | 'failed' | undefined;

  constructor(fates: readonly CallFate[], operation: IssuerSpec['operation']) {
    const onCall = (): void => this.#rig.clock.skip(1);
    this.pcas = [new TruePca(true, fates, onCall), new TruePca(true, fates.toReversed(), onCall)];
    this.#operation = operation;
    this.#searches = new CertificateSearches(noLimits, this.#rig.clock);
    this.#check();
  }

  /** Certificates that were paid for in both regions. */
  get paid(): number {
    return this.pcas[0].paid + this.pcas[1].paid;
  }

  async happen(happening: Happening): Promise<void> {
    if (typeof happening !== 'string') return this.#pass(happening.passes);
    switch (happening) {
      case 'look':
        return this.#look(1_000);
      case 'turn':
        this.#turn(1 - this.#inUse);
        return;
      case 'restart':
        return this.#restart();
      case 'first silent':
      case 'second silent':
        return this.#toggle(happening === 'first silent' ? 0 : 1);
      case 'late calls arrive':
        // A service may work off what reached it before it answers, and for a while afterwards.
        for (const pca of this.pcas) await pca.arrive();
    }
  }

  /** Another process takes over, which knows nothing of a CA that is silent. */
  #restart(): void {
    const { clock, memories } = this.#rig;
    memories.forget(uid);
    memories.of(uid).inherited(clock.monotonic());
    this.#searches = new CertificateSearches(noLimits, clock);
    for (const index of [0, 1]) this.#described[index] = this.pcas[index]?.isSilent === false;
    if (this.#described[this.#inUse] === false) this.#turn(1 - this.#inUse);
    this.#check();
  }

  /** Both regions answer from now on: the request is looked at until it ends, or for hours. */
  async recover(): Promise<void> {
    for (const index of [0, 1]) if (this.pcas[index]?.isSilent === true) await this.#toggle(index);
    await this.#pass(backlogMs);
    for (const pca of this.pcas) await pca.recover();
    for (let looks = 0; looks < 40 && this.end === undefined; looks += 1) await this.#look(60_000);
  }

  async #toggle(index: number): Promise<void> {
    const pca = this.pcas[index] as TruePca;
    pca.isSilent = !pca.isSilent;
    this.#answersFor[index] = 0;
    if (!pca.isSilent) this.#described[index] = true;
    this.#check();
  }

  async #pass(ms: number): Promise<void> {
    this.#rig.clock.advance(ms);
    for (const [index, pca] of this.pcas.entries()) {
      if (pca.isSilent) continue;
      const answersFor = (this.#answersFor[index] ?? 0) + ms;
      this.#answersFor[index] = answersFor;
      if (answersFor >= backlogMs) await pca.arrive();
    }
  }

  #turn(to: number): void {
    if (this.#described[to] === false) return;
    this.#inUse = to;
    this.#check();
  }

  async #look(afterMs: number): Promise<void> {
    if (this.end !== undefined) return;
    await this.#pass(afterMs);
    const { readyIssuers } = this.#rig;
    // Whatever held the issuer is over.
    const ready = readyIssuers.last(issuerName);
    if (ready !== undefined) readyIssuers.open(issuerName, ready);
    const decision = await this.#decide();
    if (decision?.kind === 'issued' || decision?.kind === 'failed') this.end = decision.kind;
  }

  async #decide(): Promise<Decision | undefined> {
    try {
      return await this.#rig.decide();
    } catch (thrown) {
      if (thrown instanceof Error && thrown.message === 'A defect.') return undefined;
      throw thrown;
    }
  }

  /** The issuer was checked. */
  #check(): void {
    const { readyIssuers } = this.#rig;
    const last = readyIssuers.last(issuerName);
    if (last === undefined) throw new Error('The issuer was not checked.');
    const [first, second] = [this.#entry(last, 0), this.#entry(last, 1)];
    const [used, other] = this.#inUse === 0 ? [first, second] : [second, first];
    const isDescribed = this.#described[1 - this.#inUse] === true;
    const { location } = other.authority;
    const { parentIdentifier, region } = second.spec;
    const inUse = { entry: 0, parentIdentifier, region, since: '2026-11-22T00:00:00Z', reason: 'PCAUnavailable' };
    readyIssuers.open(issuerName, {
      ...used,
      failover: {
        inUse: this.#inUse === 0 ? undefined : inUse,
        name: used.spec.parentIdentifier,
        ownName: first.spec.parentIdentifier,
        others: [{ name: other.spec.parentIdentifier, location, issuer: isDescribed ? other : undefined }],
        faults: [],
      },
    });
  }

  #entry(last: ReadyIssuer, index: 0 | 1): ReadyIssuer {
    const { parentIdentifier, region, host } = regions[index];
    const spec = { ...last.spec, operation: this.#operation, parentIdentifier, region };
    const endpoint = { protocol: 'HTTPS', host, caBundle: undefined, region } as const;
    const opened = { call: this.pcas[index].through(0), endpoint, account: Promise.resolve('42') };
    const ca = issuingCA(hierarchies[parentIdentifier], { Identifier: parentIdentifier });
    const authority = new PcaAuthority(opened, spec, this.#searches, this.#rig.clock);
    const { failover: _, ...rest } = last;
    return { ...rest, spec, ca, authority };
  }
}
