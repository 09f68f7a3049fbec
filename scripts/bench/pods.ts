// Start and memory of the operator in the chart's pods, under the limits that the chart sets.
import { hasCondition } from '../../test/support/cluster.ts';
import { InstalledWorld, ready } from '../../test/support/installed-world.ts';
import { until } from '../../test/support/wait.ts';

/** What was measured; `startToReadyMs` is the operator's own account of it in its log. */
export interface PodFigures {
  readonly date: string;
  readonly machine: string;
  readonly versions: string;
  readonly limitMebibytes: number;
  readonly startToReadyMs: readonly number[];
  /** From the deletion of a pod until its successor is Ready. */
  readonly replacedMs: readonly number[];
  /** One figure for each replica. */
  readonly peakMebibytes: { readonly afterStart: readonly number[]; readonly afterBurst: readonly number[] };
  readonly certificates: number;
  readonly readySeconds: number;
}

const starts = 5;
const mebibyte = 2 ** 20;

/** Installs the chart with its defaults, starts a few pods anew and issues so many Certificates at once. */
export async function measurePods(
  certificates: number,
  say: (text: string) => void,
): Promise<Omit<PodFigures, 'date' | 'machine'>> {
  const world = await InstalledWorld.start(say);
  try {
    await world.install();
    await world.applyReady(...world.issuer('shared'));
    const started: { readonly replaced: number; readonly start: number }[] = [];
    for (let index = 0; index < starts; index += 1) {
      started.push(await replaceOne(world));
      say(`Start: ${JSON.stringify(started.at(-1))} ms`);
    }
    const first = await memory(world);
    const readySeconds = await world.burst(certificates);
    const last = await memory(world);
    say(`Memory: ${JSON.stringify({ first, last })}`);
    const { serverVersion } = JSON.parse(await world.cluster.kubectl(['version', '-o', 'json'])) as {
      readonly serverVersion: { readonly gitVersion: string };
    };
    return {
      versions: `Node ${process.versions.node}, Kubernetes ${serverVersion.gitVersion}`,
      limitMebibytes: last[0]?.limit ?? 0,
      startToReadyMs: started.map(({ start }) => start),
      replacedMs: started.map(({ replaced }) => replaced),
      peakMebibytes: { afterStart: first.map(({ peak }) => peak), afterBurst: last.map(({ peak }) => peak) },
      certificates,
      readySeconds,
    };
  } finally {
    await world.stop();
  }
}

async function replaceOne(world: InstalledWorld): Promise<{ readonly replaced: number; readonly start: number }> {
  const before = await world.podNames();
  const [victim = ''] = before;
  const began = performance.now();
  await world.cluster.kubectl(['delete', 'pod', victim, '--namespace', world.namespace, '--wait=false']);
  const pod = await until(
    'another pod to be Ready',
    async () => (await world.pods()).find((each) => !before.includes(each.metadata.name) && hasCondition(each, ready)),
    { everyMs: 50 },
  );
  const replaced = performance.now() - began;
  await until('the deleted pod to be gone', async () => {
    const gone = { apiVersion: 'v1', kind: 'Pod', namespace: world.namespace, name: victim };
    return (await world.cluster.get(gone)) === undefined;
  });
  const log = await world.cluster.kubectl(['logs', pod.metadata.name, '--namespace', world.namespace]);
  const line = log.split('\n').find((each) => each.includes('this replica is ready')) ?? '{}';
  const { secondsSinceStart } = JSON.parse(line) as { readonly secondsSinceStart: number };
  return { replaced, start: secondsSinceStart * 1_000 };
}

async function memory(world: InstalledWorld): Promise<readonly { readonly limit: number; readonly peak: number }[]> {
  const found = await Promise.all((await world.pods()).map(async (pod) => world.host.memoryOf(pod)));
  return found.map(({ limit, peak }) => ({ limit: limit / mebibyte, peak: peak / mebibyte }));
}
