// From an approved request and a checked issuer to a certificate: plan, look for what may exist, call once, verify.
import type { Found, Trace } from '../../../authority/certificate-authority.ts';
import { dependsOnRenewal, planIssuing } from '../../../issuing/plan.ts';
import type { IssuePlan, PlanInput } from '../../../issuing/plan.ts';
import { readSigningRequest } from '../../../issuing/signing-request.ts';
import { isShortened } from '../../../issuing/validity.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { ReadOwningCertificate } from '../kinds/owning-certificate.ts';
import type { CAInstances } from './ca-instances.ts';
import type { Issuance } from './issue.ts';
import { judgeFound, settleOwnCall } from './earlier.ts';
import { judgeRefusal, verify } from './outcome.ts';
import type { SigningOutcome, SigningTask } from './outcome.ts';
import type { StepObserver } from './steps.ts';

/** A plan, and what it was made of. */
interface Planned {
  readonly kind: 'planned';
  readonly plan: IssuePlan;
  readonly input: PlanInput;
}

/** Gets certificates for requests. */
export class Signer {
  readonly #issuance: Pick<Issuance, 'issue'>;
  readonly #instances: Pick<CAInstances, 'take'>;
  readonly #owningCertificate: ReadOwningCertificate;
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #onStep: StepObserver;

  constructor(parts: {
    readonly issuance: Pick<Issuance, 'issue'>;
    readonly instances: Pick<CAInstances, 'take'>;
    readonly owningCertificate: ReadOwningCertificate;
    readonly clock: Pick<Clock, 'now' | 'monotonic'>;
    readonly onStep: StepObserver;
  }) {
    this.#issuance = parts.issuance;
    this.#instances = parts.instances;
    this.#owningCertificate = parts.owningCertificate;
    this.#clock = parts.clock;
    this.#onStep = parts.onStep;
  }

  /**
   * Tries once to get the certificate for a request that was read live. `clusterUid`: UID of the namespace kube-system, the
   * cluster's part of the caller's identifier.
   */
  async sign(task: SigningTask, clusterUid: string): Promise<SigningOutcome> {
    const { request, issuer } = task;
    // Before anything that the issuer says now: an earlier call may have made what it would refuse today.
    const settled = await settleOwnCall(task, this.#clock);
    if (settled !== undefined) return settled;
    const read = readSigningRequest(request.fields);
    if (read.kind === 'refused') return judgeRefusal(read.refusal);
    const { spec, ca } = issuer;
    const input: PlanInput = { request: read.request, spec, ca, clusterUid, now: this.#clock.now() };
    const planned = planIssuing(input);
    if (planned.kind === 'refused') return judgeRefusal(planned.refusal);
    await this.#onStep('Planned', request.object.uid);
    const whole = await this.#withRenewal(task, planned.plan, input);
    if (whole.kind !== 'planned') return whole;
    const { plan } = whole;
    return plan.expected.isCA ? this.#signCA(task, plan, whole.input) : this.#signLeaf(task, plan);
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

  async #signLeaf(task: SigningTask, plan: IssuePlan): Promise<SigningOutcome> {
    const { request, memory, issuer } = task;
    const { earlier } = memory;
    if (earlier.kind !== 'none') {
      const found = await this.#find(task, plan, { kind: 'unknown', since: earlier.since });
      if (found.kind !== 'absent' && found.kind !== 'taken') return judgeFound(found, plan, issuer, this.#clock);
      memory.ruledOut();
    }
    await this.#onStep('EarlierLookedUp', request.object.uid);
    return this.#issuance.issue(task, plan);
  }

  async #find({ request, issuer, signal }: SigningTask, plan: IssuePlan, trace: Trace): Promise<Found> {
    const now = this.#clock.now();
    return issuer.authority.find(
      {
        plan,
        trace,
        requestedAt: new Date(request.creationTimestamp),
        isWanted: (reply) => verify(reply, { plan, issuer, now, adopted: true }).kind === 'verified',
      },
      signal,
    );
  }

  /** A CA certificate activates a bought instance, which also tells whether an earlier try has issued. */
  async #signCA(task: SigningTask, plan: IssuePlan, input: PlanInput): Promise<SigningOutcome> {
    const { request, memory } = task;
    const taken = await this.#instances.take(task, async (instanceId) =>
      this.#find(task, plan, { kind: 'instance', instanceId }),
    );
    switch (taken.kind) {
      case 'exhausted':
        return { kind: 'trouble', reason: 'NoInstanceLeft', message: taken.message };
      case 'unsettled':
        return { kind: 'trouble', reason: 'InstanceUnsettled', message: taken.message };
      case 'found':
      case 'revoked':
      case 'pending':
      case 'failed':
        return judgeFound(taken, plan, task.issuer, this.#clock);
      case 'free':
        break;
    }
    const planned = planIssuing({ ...input, instanceId: taken.instanceId });
    if (planned.kind === 'refused') return judgeRefusal(planned.refusal);
    memory.ruledOut();
    await this.#onStep('InstancePromised', request.object.uid);
    return this.#issuance.issue(task, planned.plan);
  }
}
