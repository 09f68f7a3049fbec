// How long one request takes, from its approval to the driver's sight of its certificate, with so many under way at a time.
import { percentile } from '../statistics.ts';
import type { Contestant, Running } from '../contestants/contestant.ts';
import type { Stage } from '../stage/stage.ts';
import { forEach, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { drain, settled, wanted, withinReason } from './runs.ts';

/** Milliseconds that most requests take at most. */
export interface LatencyFigures {
  readonly inFlight: number;
  readonly requests: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}

/** Measures each contestant alone, with a process that is warm. */
export async function latencies({
  stage,
  contestants,
  sizes,
  say,
}: CaseSettings): Promise<ByContestant<readonly LatencyFigures[]>> {
  return forEach(contestants, async (contestant) =>
    withFresh(stage, contestant, async (running) => {
      await drain(stage, { contestant, running }, { count: sizes.requests });
      const figures: LatencyFigures[] = [];
      for (const inFlight of sizes.inFlight) {
        await stage.removeRequests();
        await stage.simulator.reset();
        const times = await closedLoop(
          stage,
          { contestant, running },
          { inFlight, count: countFor(inFlight, sizes.requests) },
        );
        const [p50 = 0, p95 = 0, p99 = 0, longest = 0] = [0.5, 0.95, 0.99, 1].map((share) => percentile(times, share));
        figures.push({ inFlight, requests: times.length, p50, p95, p99, longest });
      }
      say(`  ${contestant.name}: ${JSON.stringify(figures)}`);
      return figures;
    }),
  );
}

/** Enough for percentiles: one at a time they take long, and many at a time must not all be the first. */
function countFor(inFlight: number, requests: number): number {
  return inFlight === 1 ? Math.max(1, Math.round(requests / 5)) : Math.max(requests, 2 * inFlight);
}

/** Whenever one is finished the next is approved; answers how long each took, in milliseconds. */
async function closedLoop(
  stage: Stage,
  { contestant, running }: { readonly contestant: Contestant; readonly running: Running },
  { inFlight, count }: { readonly inFlight: number; readonly count: number },
): Promise<readonly number[]> {
  const made = await stage.requests.make(count, wanted(contestant));
  await settled(stage, running);
  const approvedAt = new Map<string, number>();
  const failed = Promise.withResolvers<never>();
  let next = 0;
  const approveNext = (): void => {
    const request = made[next++];
    if (request === undefined) return;
    approvedAt.set(request.metadata.name, performance.now());
    stage.requests.approve(request).catch(failed.reject);
  };
  const batch = stage.watch.await(
    made.map(({ metadata }) => metadata.name),
    approveNext,
  );
  for (let index = 0; index < inFlight; index += 1) approveNext();
  await Promise.race([withinReason(batch.done, count), failed.promise]);
  return [...batch.finishedAt].map(([name, at]) => at - (approvedAt.get(name) ?? Number.NaN));
}
