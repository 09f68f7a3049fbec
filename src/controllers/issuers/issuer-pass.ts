// What a request gets that may try with an issuer.
import type { ReadCertificate } from '../../issuing/x509/certificate.ts';
import type { Place } from './fault-hold.ts';
import type { IssuerProblem } from './reasons.ts';

/** One request that may try with an issuer, and tells what it met. */
export interface IssuerPass extends Place {
  /** It met a fault that no request can cause. */
  fault(problem: IssuerProblem): void;
  /**
   * It got another certificate than it asked for, which may be its own fault. Where another tenant met the same, it is the
   * issuer's: `problem`.
   */
  mismatched(reason: string, problem: IssuerProblem): void;
  /** PCA refused what it asked for. */
  refused(reason: string): void;
  /** Its certificate needs one that clients do not find yet where the issuer publishes what they must trust. */
  demands(certificate: ReadCertificate): void;
}
