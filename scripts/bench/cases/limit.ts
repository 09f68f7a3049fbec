// A limit of 10 calls a second: how long a namespace waits while another has thousands of requests waiting, beside what the limit's
// own arithmetic allows.
import { median } from '../statistics.ts';
import { namespaces } from '../stage/stage.ts';
import type { Stage } from '../stage/stage.ts';
import type { Contestant, Running } from '../contestants/contestant.ts';
import { forEach, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { wanted, withinReason } from './runs.ts';

/** Calls a second that the limit allows. */
export const limitPerSecond = 10;

/** Times in milliseconds from the approval to the driver's sight of the certificate. */
export interface LimitFigures {
  /** Of the neighbour's requests, when the first of the others came. */
  readonly waiting: number;
  /** Single requests, one after the other. */
  readonly single: { readonly count: number; readonly median: number; readonly longest: number };
  /** Requests at once: how long all of them took. */
  readonly together: { readonly count: number; readonly ms: number };
  /** Certificates a second of both namespaces meanwhile. */
  readonly perSecond: number;
}

/** What turns of two namespaces allow: every other call is the smaller one's, and one of the other's may be under way. */
export function allowedMs(count: number): number {
  return (2 * count * 1_000) / limitPerSecond;
}

const singles = 10;
const together = 20;
const flag = `--call-limits=CreateCustomCertificate=${limitPerSecond}/${limitPerSecond}/${limitPerSecond}`;

/** Measures each of our own contestants alone. */
export async function limits({ stage, contestants, sizes, say }: CaseSettings): Promise<ByContestant<LimitFigures>> {
  const own = contestants.filter(({ isOwn }) => isOwn);
  return forEach(own, async (contestant) => {
    const work = async (running: Running): Promise<LimitFigures> => {
      await stage.simulator.reset();
      running.pause();
      const crowd = await stage.requests.make(sizes.behind, wanted(contestant));
      await stage.requests.approveAll(crowd);
      const before = stage.watch.await(crowd.map(({ metadata }) => metadata.name));
      const started = performance.now();
      running.resume();
      await withinReason(before.first, 1);
      const waiting = sizes.behind - before.finishedAt.size;
      const times: number[] = [];
      for (let index = 0; index < singles; index += 1) times.push(await timeOf(stage, contestant, 1));
      const ms = await timeOf(stage, contestant, together);
      const seconds = (performance.now() - started) / 1_000;
      return {
        waiting,
        single: { count: singles, median: median(times), longest: Math.max(...times) },
        together: { count: together, ms },
        perSecond: (before.finishedAt.size + singles + together) / seconds,
      };
    };
    const figures = await withFresh(stage, contestant, work, { flags: [flag] });
    say(`  ${contestant.name}: ${JSON.stringify(figures)}`);
    return figures;
  });
}

/** How long so many requests of the smaller namespace take that are approved at once. */
async function timeOf(stage: Stage, contestant: Contestant, count: number): Promise<number> {
  const made = await stage.requests.make(count, { ...wanted(contestant), namespace: namespaces.neighbour });
  const { done } = stage.watch.await(made.map(({ metadata }) => metadata.name));
  const started = performance.now();
  await stage.requests.approveAll(made);
  return (await withinReason(done, count)) - started;
}
