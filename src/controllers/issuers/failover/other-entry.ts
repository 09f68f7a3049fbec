// What an issuer that issues from one of its entries knows of the others: an earlier call may have gone to each of them.
import type { IssuerStatus } from '../../../crds/issuer.ts';

/** The entry that issues instead of the issuer's own CA, as the status has it. */
export type FailoverStatus = NonNullable<IssuerStatus['failover']>;

/** Another entry than the one in use. */
export interface OtherEntry<Issuer> {
  /** How messages name it. */
  readonly name: string;
  /** Where its certificates are kept; undefined where the way to it could not be opened yet. */
  readonly location: string | undefined;
  /** As look-ups need it; undefined where PCA has not described its CA to this process. */
  readonly issuer: Issuer | undefined;
}

/** The state of the failover of an issuer. */
export interface FailoverOf<Issuer> {
  /** Undefined: the issuer's own CA issues. */
  readonly inUse: FailoverStatus | undefined;
  /** How messages name the entry in use, and the issuer's own CA. */
  readonly name: string;
  readonly ownName: string;
  readonly others: readonly OtherEntry<Issuer>[];
  /** What is wrong with the others, a sentence or two each; `isOwn`: with the issuer's own CA. */
  readonly faults: readonly { readonly isOwn: boolean; readonly text: string }[];
}
