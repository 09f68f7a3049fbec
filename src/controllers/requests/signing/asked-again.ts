// Whether a further request for a Certificate is wanted, or is cert-manager's own late view of the certificate before.
//
// cert-manager writes the Secret, then ends the issuance; when its watch of Secrets tells of that later than its watch of
// Certificates, it takes the Certificate for one without its Secret and begins the next issuance. It never takes that back: the
// request stays, also when it has seen the Secret and says that the Certificate is Ready (cert-manager 1.21:
// pkg/controller/certificates/trigger begins nothing while `Issuing` is True, and only the end of a request ends it). Its account
// of the Certificate is right again a moment later, since Ready is judged by the same rules as the need for an issuance
// (internal/controller/certificates/policies), so that is what is asked.
import type { Clock } from '../../../timing/clock.ts';
import type { OwningCertificate, ReadOwningCertificate } from '../kinds/owning-certificate.ts';
import { askedAgainMessage } from '../messages.ts';
import type { IssuanceLimits, IssuanceScope, LatelyIssued } from './issuance-limits.ts';
import type { SigningOutcome, SigningTask } from './outcome.ts';

// Reasons that cert-manager finds in the Secret, so that a late view of the Secret brings them about. All others come from what
// it reads of the Certificate itself, or from people (`ManuallyTriggered`).
const foundInSecret: ReadonlySet<string> = new Set([
  'DoesNotExist',
  'MissingData',
  'InvalidKeyPair',
  'InvalidCertificate',
  'InvalidCertificateRequest',
  'SecretMismatch',
  'IncorrectIssuer',
  'IncorrectCertificate',
  'Renewing',
]);

// How long cert-manager is given to see what was issued, after the first, the second ... certificate of a day.
const catchUpMs = [5_000, 10_000, 20_000, 40_000, 60_000];
// How long nothing is issued for a Certificate that has what it needs. Not without end: it shows as being issued meanwhile.
const contentMs = [30_000, 6 * 60_000, 72 * 60_000, 14 * 3_600_000, 24 * 3_600_000];
// How soon it is looked at again whether it has; a need is seen so late at most.
const leastPauseMs = 5_000;
const mostPauseMs = 60_000;

/** Holds back requests that cert-manager makes because it has not seen yet what it got. */
export class AskedAgain {
  readonly #limits: Pick<IssuanceLimits, 'lately'>;
  readonly #owningCertificate: ReadOwningCertificate;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(parts: {
    readonly limits: Pick<IssuanceLimits, 'lately'>;
    readonly owningCertificate: ReadOwningCertificate;
    readonly clock: Pick<Clock, 'now'>;
  }) {
    this.#limits = parts.limits;
    this.#owningCertificate = parts.owningCertificate;
    this.#clock = parts.clock;
  }

  /** Why no certificate is to be paid for the request now; undefined when it may be. Reads only after a certificate of the day. */
  async heldBack({ request, memory, signal }: SigningTask, scope: IssuanceScope): Promise<SigningOutcome | undefined> {
    const { certificate } = request;
    const lately = this.#limits.lately(memory.uid, scope, this.#now);
    if (certificate === undefined || lately === undefined) return undefined;
    const read = await this.#owningCertificate(certificate, signal);
    if (read.kind === 'failed') return { kind: 'trouble', reason: 'CertificateUnreadable', message: read.message };
    const { issuing } = read.certificate;
    if (issuing !== undefined && !foundInSecret.has(issuing)) return undefined;
    const isContent = this.#isContent(read.certificate);
    const period = periodOf(isContent ? contentMs : catchUpMs, lately);
    const until = lately.last + period;
    const left = until - this.#now;
    // Far ahead only of a wall clock that was set back.
    if (left <= 0 || left > 2 * period) return undefined;
    const pause = Math.min(mostPauseMs, Math.max(leastPauseMs, this.#now - lately.last));
    return {
      kind: 'limited',
      reason: 'AskedAgain',
      detail: isContent ? 'Ready' : '',
      message: askedAgainMessage(certificate, { isContent, last: lately.last, until }),
      ms: Math.min(left, pause),
    };
  }

  /** Whether the Certificate has what it needs, in cert-manager's present view; what it asked for at first is no measure. */
  #isContent({ isReady, renewalTime }: OwningCertificate): boolean {
    return isReady && (renewalTime === undefined || renewalTime.getTime() > this.#now);
  }

  get #now(): number {
    return this.#clock.now().getTime();
  }
}

function periodOf(periods: readonly number[], { count }: LatelyIssued): number {
  return periods[Math.min(count, periods.length) - 1] ?? 0;
}
