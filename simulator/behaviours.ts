/** Choices that Alibaba's documents leave open; each can be set both ways, since the real service may do either. */

/** The settings; see the table in README.md. */
export interface Behaviours {
  /** A custom identifier that was used before: refused, issued again, or answered with the earlier certificate. */
  readonly duplicateIdentifier: 'ParamRepeat' | 'accept' | 'returnEarlier';
  /** Whether `CertificateChain` of a create call ends with the root. The describe calls always show the root. */
  readonly chainIncludesRoot: boolean;
  /** Alternative names that only the signing request carries. */
  readonly requestNames: 'used' | 'ignored';
  /** Key usages and extended key usages that only the signing request carries. */
  readonly requestUsages: 'used' | 'ignored';
  /** How long after `Immediately=0` the describe call still shows no certificate (status PENDING). */
  readonly pendingMilliseconds: number;
  readonly listOrder: 'newestFirst' | 'oldestFirst';
  /** The zone in which `AfterDate`/`BeforeDate` of ListCert are read, hours ahead of UTC. */
  readonly listDateZoneHours: number;
}

/** What holds when nothing is set. */
export const defaultBehaviours: Behaviours = {
  duplicateIdentifier: 'ParamRepeat',
  chainIncludesRoot: false,
  requestNames: 'used',
  requestUsages: 'ignored',
  pendingMilliseconds: 0,
  listOrder: 'newestFirst',
  listDateZoneHours: 0,
};
