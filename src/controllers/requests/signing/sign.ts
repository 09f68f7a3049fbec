// From an approved request and a checked issuer to a certificate: plan, look for what may exist, call once, verify.
import type { Found } from '../../../authority/certificate-authority.ts';
import { dependsOnRenewal, planIssuing } from '../../../issuing/plan.ts';
import type { IssuePlan, PlanInput } from '../../../issuing/plan.ts';
import { readSecondedRequest } from '../../../issuing/signing-request.ts';
import { isShortened } from '../../../issuing/validity.ts';
import type { Clock } from '../../../timing/clock.ts';
import { TurnShare } from '../../../timing/turns.ts';
import { settleAtOthers } from '../failover/earlier-elsewhere.ts';
import { awaitOwnCA } from '../failover/other-entries.ts';
import { requestKey } from '../kinds/cached-request.ts';
import type { ReadOwningCertificate } from '../kinds/owning-certificate.ts';
import { supersededMessage, takenMessage } from '../messages.ts';
import type { CAInstances, TakenInstance } from './ca-instances.ts';
import type { CertificateClaims } from './claims.ts';
import type { Issuance } from './issue.ts';
import { judgeFound, judgeLeft, settleOwnCall } from './earlier.ts';
import { planOfEarlier } from './earlier-plan.ts';
import { EarlierSearch } from './earlier-search.ts';
import type { Listed } from './listed.ts';
import { judgeRefusal } from './outcome.ts';
import type { SigningOutcome, SigningTask } from './outcome.ts';
import type { StepObserver } from './steps.ts';
import type { Superseding } from './superseding.ts';

/** A plan, and what it was made of. */
interface Planned {
  readonly kind: 'planned';
  readonly plan: IssuePlan;
  readonly input: PlanInput;
}

// Hundreds of requests may come, or become due, together, and each is read and its signature checked before anything is waited for.
const readingMs = 10;

/** Gets certificates for requests. */
export class Signer {
  readonly #issuance: Pick<Issuance, 'issue'>;
  readonly #instances: Pick<CAInstances, 'take' | 'promised'>;
  readonly #superseding: Pick<Superseding, 'triesOf' | 'supersede'>;
  readonly #owningCertificate: ReadOwningCertificate;
  readonly #claims: CertificateClaims;
  readonly #listed: Listed;
  readonly #search: EarlierSearch;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #onStep: StepObserver;
  readonly #reading: TurnShare;

  constructor(parts: {
    readonly issuance: Pick<Issuance, 'issue'>;
    readonly instances: Pick<CAInstances, 'take' | 'promised'>;
    readonly superseding: Pick<Superseding, 'triesOf' | 'supersede'>;
    readonly owningCertificate: ReadOwningCertificate;
    /** Shared by all kinds of requests. */
    readonly claims: CertificateClaims;
    readonly listed: Listed;
    readonly clock: Pick<Clock, 'now' | 'monotonic'>;
    readonly onStep: StepObserver;
  }) {
    this.#issuance = parts.issuance;
    this.#instances = parts.instances;
    this.#superseding = parts.superseding;
    this.#owningCertificate = parts.owningCertificate;
    this.#claims = parts.claims;
    this.#listed = parts.listed;
    this.#search = new EarlierSearch(parts);
    this.#clock = parts.clock;
    this.#onStep = parts.onStep;
    this.#reading = new TurnShare(readingMs, parts.clock);
  }

  /**
   * Tries once to get the certificate for a request. `clusterUid`: UID of the namespace kube-system, the cluster's part of the
   * caller's identifier.
   */
  async sign(task: SigningTask, clusterUid: string): Promise<SigningOutcome> {
    const { request, memory, issuer } = task;
    const hadCertificate = request.leftCertificate !== undefined || this.#claims.has(request.object.uid);
    memory.met(hadCertificate, this.#clock.monotonic());
    memory.turnsTo(issuer, this.#clock.monotonic());
    // Before anything that the issuer says now: an earlier call may have made what it would refuse today.
    const { earlier: before } = memory;
    const settled = await this.lookUp(task);
    if (settled !== undefined) return settled;
    while (this.#reading.isUsedUp()) await this.#reading.laterTurn();
    if (memory.earlier !== before) return { kind: 'ruledOut' };
    const read = await readSecondedRequest(request.fields, memory.provenCsr);
    if (read.kind === 'refused') return judgeRefusal(read.refusal);
    memory.provenCsr = read.proof;
    const awaited = awaitOwnCA(read.request, issuer);
    if (awaited !== undefined) return awaited;
    const { spec, ca, allowance } = issuer;
    issuer.onAsked?.(read.request.durationSeconds);
    const { sendsSubject } = memory;
    const settings = { spec, ca, clusterUid, sendsSubject, ruleLimit: allowance?.lifetime };
    return this.#signRead(task, { request: read.request, ...settings, now: this.#clock.now() });
  }

  async #signRead(task: SigningTask, input: PlanInput): Promise<SigningOutcome> {
    const { request, memory } = task;
    const { earlier: before } = memory;
    const planned = planIssuing(input);
    if (planned.kind === 'refused')
      return (await this.#settleEarlier(task, planOfEarlier(input), input, true)) ?? judgeRefusal(planned.refusal);
    await this.#onStep('Planned', request.object.uid);
    const whole = await this.#withRenewal(task, planned.plan, input);
    const earlier = await this.#settleEarlier(task, planned.plan, input, whole.kind !== 'planned');
    if (earlier !== undefined) return earlier;
    if (memory.earlier !== before) return { kind: 'ruledOut' };
    if (whole.kind !== 'planned') return whole;
    return this.#claim(task, await this.#issue(task, whole.plan, whole.input), whole.plan);
  }

  /** Looks for the certificate of a call of this process, and calls for none; undefined where it is not found so. */
  async lookUp(task: SigningTask): Promise<SigningOutcome | undefined> {
    const { earlier } = task.memory;
    const called = earlier.kind === 'none' ? undefined : earlier.call;
    const settled = await settleOwnCall(task, this.#search, this.#clock);
    return settled === undefined ? undefined : this.#claim(task, settled, called?.plan);
  }

  async #issue(task: SigningTask, plan: IssuePlan, input: PlanInput): Promise<SigningOutcome> {
    if (plan.expected.isCA) return this.#signCA(task, plan, input);
    await this.#onStep('EarlierLookedUp', task.request.object.uid);
    return this.#issuance.issue(task, plan);
  }

  /**
   * The certificate of an earlier call by nobody knows whom, the one in the request's own status first; undefined where there is
   * none. An instance is asked when it is taken, or here where the issuer refuses the request by now (`isRefused`).
   */
  async #settleEarlier(
    task: SigningTask,
    plan: IssuePlan | undefined,
    input: PlanInput,
    isRefused: boolean,
  ): Promise<SigningOutcome | undefined> {
    const { memory, issuer } = task;
    const { earlier } = memory;
    if (earlier.kind === 'none') return undefined;
    if (plan === undefined) return this.#settleElsewhere(task, input, earlier.since);
    const left = judgeLeft(task, plan, this.#clock);
    if (left !== undefined) return left;
    const judged = { plan, issuer, task, clock: this.#clock };
    if (plan.expected.isCA) {
      const used = isRefused ? await this.#instances.promised(task, this.#lookAt(task, plan)) : undefined;
      return used === undefined ? undefined : judgeFound(used, judged);
    }
    const trace = { kind: 'unknown', since: earlier.since } as const;
    const found = await this.#search.find(task, { plan, trace, asked: issuer, judgedBy: issuer });
    if (found.kind !== 'absent' && found.kind !== 'taken') {
      const provenOwn = plan.identifier !== undefined;
      return this.#claim(task, judgeFound(found, { ...judged, provenOwn }), plan);
    }
    const elsewhere = await this.#settleElsewhere(task, input, earlier.since);
    if (elsewhere !== undefined) return elsewhere;
    memory.ruledOut(issuer.authority.location);
    return undefined;
  }

  /** The same at the other entries of the issuer; undefined where all of them have said that there is none. */
  async #settleElsewhere(task: SigningTask, input: PlanInput, since: number): Promise<SigningOutcome | undefined> {
    const { outcome, plan } = await settleAtOthers(task, input, since, { search: this.#search, clock: this.#clock });
    return outcome && this.#claim(task, outcome, plan);
  }

  /** Asks what became of an instance. */
  #lookAt(task: SigningTask, plan: IssuePlan): (instanceId: string) => Promise<Found> {
    const { issuer } = task;
    return async (instanceId) =>
      this.#search.find(task, { plan, trace: { kind: 'instance', instanceId }, asked: issuer, judgedBy: issuer });
  }

  /** Remembers whose the certificate is. One that another request found by its key in the meantime is that one's. */
  #claim({ request, memory }: SigningTask, outcome: SigningOutcome, plan: IssuePlan | undefined): SigningOutcome {
    if (outcome.kind !== 'issued' || this.#claims.take(request.object.uid, outcome.certificate.chain)) return outcome;
    if (plan === undefined || plan.identifier !== undefined || plan.expected.isCA) return outcome;
    memory.answered({ kind: 'unknown' }, this.#clock.monotonic());
    return { kind: 'trouble', reason: 'CertificateNotReady', message: takenMessage(outcome.certificate) };
  }

  /** The plan in view of the Certificate's renewal, where that makes a difference; it costs a read. */
  async #withRenewal(task: SigningTask, plan: IssuePlan, input: PlanInput): Promise<Planned | SigningOutcome> {
    if (!dependsOnRenewal(plan)) return { kind: 'planned', plan, input };
    const read = await this.#owningCertificate(task.request.certificate, task.signal);
    if (read.kind === 'failed' && isShortened(plan.lifetime))
      return { kind: 'trouble', reason: 'CertificateUnreadable', message: read.message };

    const whole = read.kind === 'failed' ? input : { ...input, renewal: read.certificate.renewal };
    const planned = planIssuing(whole);
    return planned.kind === 'refused' ? judgeRefusal(planned.refusal) : { ...planned, input: whole };
  }

  /** A CA certificate activates a bought instance, which also tells whether an earlier try has issued. */
  async #signCA(task: SigningTask, plan: IssuePlan, input: PlanInput): Promise<SigningOutcome> {
    const { request, memory, issuer } = task;
    // An instance that was promised to a request that is gone may be given to another, and the newest of a client's goes first.
    if (!(await this.#listed(task.signal))) return { kind: 'stopped' };
    const taken = await this.#takeInstance(task, plan);
    switch (taken.kind) {
      case 'refused':
        return taken;
      case 'exhausted':
        return { kind: 'trouble', reason: 'NoInstanceLeft', message: taken.message };
      case 'unsettled':
        return { kind: 'trouble', reason: 'InstanceUnsettled', message: taken.message };
      case 'found':
      case 'revoked':
      case 'pending':
      case 'failed':
        return judgeFound(taken, { plan, issuer, task, clock: this.#clock });
      case 'free':
        break;
    }
    const planned = planIssuing({ ...input, instanceId: taken.instanceId });
    if (planned.kind === 'refused') return judgeRefusal(planned.refusal);
    if (memory.earlier.kind !== 'none') {
      memory.ruledOut(undefined);
      return { kind: 'ruledOut' };
    }
    await this.#onStep('InstancePromised', request.object.uid);
    return this.#issuance.issue(task, planned.plan);
  }

  /** The instance for a request, unless a newer one of the same client goes first; the older ones are told that they do not. */
  async #takeInstance(
    task: SigningTask,
    plan: IssuePlan,
  ): Promise<Exclude<TakenInstance, { kind: 'superseded' }> | Extract<SigningOutcome, { kind: 'refused' }>> {
    const { newer, older } = this.#superseding.triesOf(task);
    const { supersededBy } = task.memory;
    const taken = await this.#instances.take(task, this.#lookAt(task, plan), {
      newer: newer.map(({ metadata }) => metadata.uid),
      isSuperseded: supersededBy !== undefined,
    });
    if (taken.kind === 'superseded') {
      const [newest] = newer;
      const by = newest === undefined ? (supersededBy ?? '') : requestKey(newest.metadata);
      return { kind: 'refused', reason: 'Superseded', message: supersededMessage(by) };
    }
    if (taken.kind === 'exhausted') this.#superseding.supersede(older, task);
    else if (taken.kind === 'free') this.#superseding.supersede(older.slice(taken.left), task);
    return taken;
  }
}
