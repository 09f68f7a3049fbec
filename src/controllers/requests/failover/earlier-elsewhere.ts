// The certificate of a call of an earlier process at another entry of spec.failover than the one in use. Nobody knows which entry
// was in use then, so all of them are asked.
import type { PlanInput, IssuePlan } from '../../../issuing/plan.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { OtherEntry } from '../../issuers/failover/other-entry.ts';
import type { ReadyIssuer } from '../../issuers/ready-issuers.ts';
import { judgeFound, withoutBlame } from '../signing/earlier.ts';
import { planOfEarlier } from '../signing/earlier-plan.ts';
import type { EarlierSearch } from '../signing/earlier-search.ts';
import { awaitEntry, entryOfOthers, isLate, sinceAt } from './other-entries.ts';
import type { SigningOutcome, SigningTask } from '../signing/outcome.ts';

/** What the search came to; without an outcome where no entry has a certificate. */
interface SettledElsewhere {
  readonly outcome?: SigningOutcome;
  /** What the certificate was asked for by. */
  readonly plan?: IssuePlan;
}

interface SearchingParts {
  readonly search: Pick<EarlierSearch, 'find'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

/** Asks each of the others; a certificate that one of them has ends the wait for the rest. `since`: when the earlier call may have been. */
export async function settleAtOthers(
  task: SigningTask,
  input: PlanInput,
  since: number,
  parts: SearchingParts,
): Promise<SettledElsewhere> {
  let waits: SettledElsewhere = {};
  if (input.request.isCA) return waits;
  for (const other of task.issuer.failover?.others ?? []) {
    const settled = await settleAt(other, task, { input, since }, parts);
    if (settled.outcome !== undefined && settled.outcome.kind !== 'trouble') return settled;
    waits = waits.outcome === undefined ? settled : waits;
  }
  return waits;
}

async function settleAt(
  other: OtherEntry<ReadyIssuer>,
  task: SigningTask,
  { input, since }: { readonly input: PlanInput; readonly since: number },
  { search, clock }: SearchingParts,
): Promise<SettledElsewhere> {
  const entry = entryOfOthers(other);
  if (entry === undefined) {
    const why = 'PCA has not described its CA since the operator started.';
    return { outcome: awaitEntry({ name: other.name, isOwnCall: false }, task, { why }) };
  }
  const { spec, ca } = entry.issuer;
  const plan = planOfEarlier({ ...input, spec, ca });
  // Nothing can have been called for there.
  if (plan === undefined) return {};
  const at = sinceAt(entry, task.memory, { since, now: clock.monotonic() });
  const found = await search.find(task, {
    plan,
    trace: { kind: 'unknown', since: at },
    asked: entry.issuer,
    judgedBy: entry.issuer,
    isElsewhere: true,
  });
  switch (found.kind) {
    case 'absent':
    case 'taken':
      return isLate(entry, task.memory, clock.monotonic()) ? { outcome: awaitEntry(entry, task) } : {};
    case 'failed':
      return { outcome: awaitEntry(entry, task, { failure: found.failure }) };
    case 'found':
    case 'revoked':
    case 'pending':
    case 'unsettled': {
      const judged = { plan, issuer: entry.issuer, task, clock, provenOwn: plan.identifier !== undefined };
      return { outcome: withoutBlame(judgeFound(found, judged)), plan };
    }
  }
}
