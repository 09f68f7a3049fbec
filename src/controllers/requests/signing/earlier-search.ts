// Looks for the certificate of an earlier call. Our identifier, or the instance that a request was promised, proves whose it is;
// a key does not, so what is found by the key alone has to be told from the certificates of other requests.
import type { Found, Trace } from '../../../authority/certificate-authority.ts';
import { clockMarginMs } from '../../../issuing/certificate-differences.ts';
import { parseDuration } from '../../../issuing/duration.ts';
import type { IssuedCertificate } from '../../../issuing/issued-certificate.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
import type { OwningCertificate, ReadOwningCertificate } from '../kinds/owning-certificate.ts';
import type { CallingRequest } from '../kinds/request.ts';
import type { CertificateClaims } from './claims.ts';
import type { Listed } from './listed.ts';
import { verify } from './outcome.ts';

/** What is looked for: who is asked, by which trace, and the issuer whose certificate it has to be. */
export interface EarlierCall {
  readonly plan: IssuePlan;
  readonly trace: Trace;
  readonly asked: ReadyIssuer;
  readonly judgedBy: ReadyIssuer;
  /** It is another entry than the one in use: while it gives no answer, one look at a time is made there. */
  readonly isElsewhere?: boolean;
}

/** For whom it is looked for, who may be gone by now; `signal` aborts the look-up. */
export interface SearchTask {
  readonly request: CallingRequest;
  readonly signal: AbortSignal;
}

const unlisted = 'The requests of the cluster were not all listed yet, so that nobody knows whose a certificate is.';

/** Finds certificates of earlier calls. */
export class EarlierSearch {
  readonly #claims: Pick<CertificateClaims, 'take'>;
  readonly #listed: Listed;
  readonly #owningCertificate: ReadOwningCertificate;
  readonly #clock: Pick<Clock, 'now'>;
  /** The last failure of each other entry that gave no answer, and where a look is under way. */
  readonly #failures = new Map<string, Extract<Found, { readonly kind: 'failed' }>>();
  readonly #looking = new Set<string>();

  constructor(parts: {
    readonly claims: Pick<CertificateClaims, 'take'>;
    readonly listed: Listed;
    readonly owningCertificate: ReadOwningCertificate;
    readonly clock: Pick<Clock, 'now'>;
  }) {
    this.#claims = parts.claims;
    this.#listed = parts.listed;
    this.#owningCertificate = parts.owningCertificate;
    this.#clock = parts.clock;
  }

  /** Asks PCA. Of several certificates for the key of the request its own is found. */
  async find(task: SearchTask, call: EarlierCall): Promise<Found> {
    const { location } = call.asked.authority;
    if (call.isElsewhere !== true) return this.#find(task, call);
    const silent = this.#failures.get(location);
    // Those that wait for a silent endpoint must leave workers to those that need not.
    if (silent !== undefined && this.#looking.has(location)) return silent;
    this.#looking.add(location);
    try {
      const found = await this.#find(task, call);
      if (found.kind === 'failed') this.#failures.set(location, found);
      else this.#failures.delete(location);
      return found;
    } finally {
      this.#looking.delete(location);
    }
  }

  async #find({ request, signal }: SearchTask, { plan, trace, asked, judgedBy }: EarlierCall): Promise<Found> {
    const byKey = plan.identifier === undefined && !plan.expected.isCA;
    // Another request may have what is found, in a status that was not listed yet.
    if (byKey && !(await this.#listed(signal))) return { kind: 'unsettled', message: unlisted };
    const read = byKey ? await this.#owningCertificate(request.certificate, signal) : undefined;
    if (read?.kind === 'failed') return { kind: 'unsettled', message: read.message };
    const requestedAt = new Date(request.creationTimestamp);
    const now = this.#clock.now();
    return asked.authority.find(
      {
        plan,
        trace,
        requestedAt,
        isWanted: (reply) => {
          const verified = verify(reply, { plan, issuer: judgedBy, now, adopted: true });
          if (verified.kind !== 'verified') return false;
          const { certificate } = verified;
          if (read === undefined) return true;
          const { revision } = request;
          const isOwn =
            mayBeOwn(certificate, { plan, requestedAt, judgedBy }) && !isInUse(certificate, read.certificate, revision);
          return isOwn && this.#claims.take(request.object.uid, certificate.chain);
        },
      },
      signal,
    );
  }
}

type Ends = Pick<IssuedCertificate, 'notBefore' | 'notAfter'>;

/** Whether a certificate for the key has the ends that a call for this request would have given it. */
function mayBeOwn(
  { notBefore, notAfter }: Ends,
  {
    plan,
    requestedAt,
    judgedBy,
  }: { readonly plan: IssuePlan; readonly requestedAt: Date } & Pick<EarlierCall, 'judgedBy'>,
): boolean {
  const { expected, clamped, request, verification } = plan;
  if (notBefore.getTime() === expected.notBefore.getTime() && notAfter.getTime() === expected.notAfter.getTime())
    return true;
  const backdate = parseDuration(judgedBy.spec.validity.backdate);
  const backdateMs = backdate.kind === 'ok' ? backdate.seconds * 1_000 : 0;
  if (notBefore.getTime() < requestedAt.getTime() - backdateMs - clockMarginMs) return false;
  const seconds = (notAfter.getTime() - notBefore.getTime()) / 1_000;
  return (
    verification.validity === 'Allow' ||
    seconds === request.durationSeconds ||
    seconds === clamped?.givenSeconds ||
    // Cut at the end of the CA, by as much as was left of it then.
    notAfter.getTime() === Math.floor(judgedBy.ca.notAfter.getTime() / 1_000) * 1_000
  );
}

/** Whether the Certificate uses it already, since before this request was made. */
function isInUse({ notBefore, notAfter }: Ends, present: OwningCertificate, revision: number | undefined): boolean {
  return (
    revision !== undefined &&
    present.revision !== undefined &&
    present.revision < revision &&
    present.notBefore?.getTime() === notBefore.getTime() &&
    present.notAfter?.getTime() === notAfter.getTime()
  );
}
