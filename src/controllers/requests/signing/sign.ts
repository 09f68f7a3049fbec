// From an approved request and a checked issuer to a certificate: plan, look for what may exist, call once, verify.
import type { Found, Trace } from '../../../authority/certificate-authority.ts';
import { planIssuing } from '../../../issuing/plan.ts';
import type { IssuePlan } from '../../../issuing/plan.ts';
import { readSigningRequest } from '../../../issuing/signing-request.ts';
import { refuseForRenewal } from '../../../issuing/validity.ts';
import type { ClampedLifetime } from '../../../issuing/validity.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { ReadOwningCertificate } from '../kinds/owning-certificate.ts';
import type { CAInstances } from './ca-instances.ts';
import type { Issuance } from './issue.ts';
import { judgeFound, settleOwnCall } from './earlier.ts';
import { judgeRefusal, verify } from './outcome.ts';
import type { SigningOutcome, SigningTask } from './outcome.ts';
import type { StepObserver } from './steps.ts';

type PlanInput = Parameters<typeof planIssuing>[0];

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
    const { plan } = planned;
    await this.#onStep('Planned', request.object.uid);
    const objection = plan.clamped === undefined ? undefined : await this.#objectionTo(plan.clamped, task);
    if (objection !== undefined) return objection;
    return plan.expected.isCA ? this.#signCA(task, plan, input) : this.#signLeaf(task, plan);
  }

  /** A lifetime that was cut must leave room for the Certificate's renewBefore. */
  async #objectionTo(clamped: ClampedLifetime, { request, signal }: SigningTask): Promise<SigningOutcome | undefined> {
    const read = await this.#owningCertificate(request.certificate, signal);
    if (read.kind === 'failed') return { kind: 'trouble', reason: 'CertificateUnreadable', message: read.message };
    const { renewBeforeSeconds } = read.certificate;
    const refused = renewBeforeSeconds === undefined ? undefined : refuseForRenewal(clamped, renewBeforeSeconds);
    return refused === undefined ? undefined : judgeRefusal(refused.refusal);
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
