// What a migration does to each object, or why it leaves it alone.
import type { IssuerReference } from '../crds/cert-manager.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import type { FoundCertificate } from './facts.ts';
import type { IncumbentIssuer } from './incumbent.ts';

/** What becomes of a step: `planned` until it is done. */
export type StepState = 'planned' | 'done' | 'refused' | 'failed';

/** One issuer of ours. `why` says why it is refused, or failed. */
export interface IssuerStep {
  readonly issuer: IssuerIdentity;
  /** The issuer that it takes the place of; undefined for `delete`. */
  readonly from: Pick<IncumbentIssuer, 'kind' | 'namespace' | 'name'> | undefined;
  readonly action: 'create' | 'keep' | 'delete';
  /** For `create`: its spec. */
  readonly spec?: object;
  /** For `delete`. */
  readonly uid?: string;
  readonly notes: readonly string[];
  readonly state: StepState;
  readonly why?: string;
}

/** One Certificate. `move` keeps its certificate; `reissue` has none to keep, so that the new issuer is asked. */
export interface CertificateStep {
  readonly certificate: FoundCertificate;
  readonly to: IssuerReference | undefined;
  readonly action: 'move' | 'reissue';
  /** For people: serial number and end of what is kept. */
  readonly keeps?: { readonly serialNumber: string; readonly notAfter: string };
  readonly state: StepState;
  readonly why?: string;
}

/** All steps: issuers are made before Certificates are moved to them, and deleted after. */
export interface Steps {
  readonly issuers: readonly IssuerStep[];
  readonly certificates: readonly CertificateStep[];
}
