// Memory of a process: idle, with many finished requests in the cluster, and as it issues more and more.
import type { Contestant } from '../contestants/contestant.ts';
import { slope } from '../statistics.ts';
import { memoryOf } from '../stage/process-figures.ts';
import type { Memory } from '../stage/process-figures.ts';
import { forEach, served, withFresh } from './case.ts';
import type { ByContestant, CaseSettings } from './case.ts';
import { drain, settled } from './runs.ts';

/** Memory after so many certificates of one process. */
export interface Issued {
  readonly issued: number;
  readonly memory: Memory;
}

/** Memory of one contestant, in MiB. */
export interface MemoryFigures {
  readonly idle: Memory;
  /** The same from a kubeconfig; absent where nothing can be started in another way. */
  readonly idleWithKubeconfig?: Memory;
  readonly withFinished: { readonly count: number; readonly memory: Memory };
  readonly afterIssuing: readonly Issued[];
  /** What the second half of these points grows by in 10,000 certificates. */
  readonly growthPer10000: number;
}

const steps = 10;
const per = 10_000;

/** Measures each contestant alone. */
export async function memory(settings: CaseSettings): Promise<ByContestant<MemoryFigures>> {
  return forEach(settings.contestants, async (contestant) => {
    const idle = await atRestMemory(settings, contestant);
    const withKubeconfig =
      contestant.isOwn && settings.stage.where.pod !== undefined
        ? { idleWithKubeconfig: await atRestMemory(settings, contestant, true) }
        : {};
    const afterIssuing = await growing(settings, contestant);
    const withFinished = await finished(settings, contestant);
    const later = afterIssuing.slice(Math.floor(afterIssuing.length / 2));
    const growthPer10000 = slope(later.map(({ issued, memory }) => ({ x: issued / per, y: memory.resident })));
    const figures = { idle, ...withKubeconfig, withFinished, afterIssuing, growthPer10000 };
    settings.say(`  ${contestant.name}: ${JSON.stringify(figures)}`);
    return figures;
  });
}

async function atRestMemory({ stage }: CaseSettings, contestant: Contestant, withKubeconfig = false): Promise<Memory> {
  return withFresh(
    stage,
    contestant,
    async (running) => {
      await settled(stage, running, 'long');
      return memoryOf(running.pid);
    },
    { withKubeconfig },
  );
}

async function growing({ stage, sizes }: CaseSettings, contestant: Contestant): Promise<readonly Issued[]> {
  return withFresh(stage, contestant, async (running) => {
    const points: Issued[] = [];
    const step = Math.max(1, Math.round(sizes.issued / steps));
    for (let issued = step; issued <= sizes.issued; issued += step) {
      await drain(stage, { contestant, running }, { count: step });
      points.push({ issued, memory: memoryOf(running.pid) });
    }
    return points;
  });
}

async function finished(settings: CaseSettings, contestant: Contestant): Promise<MemoryFigures['withFinished']> {
  const { stage, sizes } = settings;
  const running = await contestant.start(stage.where);
  try {
    await stage.copy(await served(stage, contestant), sizes.finished - 1);
  } finally {
    await running.kill();
  }
  return { count: sizes.finished, memory: await atRestMemory(settings, contestant) };
}
