// `npm run profile`: whose time and whose memory one certificate takes, by rooms of the sources and by libraries. With another
// commit beside it both are written to docs/benchmarks-profile.json and the page of the benchmarks.
import { join, resolve } from 'node:path';
import { root } from './command.ts';
import { runTask } from './task/run-task.ts';

await runTask('profile', {
  findFault: async ({ latency }) =>
    /^\d{1,5}$/.test(latency) ? undefined : `--latency is a number of milliseconds, not "${latency}"`,
  run: async ({ requests, latency, cold, folder, baseline }) => {
    const { profileDrains } = await import('./profile/run.ts');
    const { thisTree, treeOf } = await import('./profile/trees.ts');
    const say = (text: string): void => console.log(text);
    const target = resolve(root, folder);
    const load = { count: requests, latencyMilliseconds: Number(latency) };
    const trees = [await thisTree(target), ...(baseline === undefined ? [] : [await treeOf(baseline, say)])];
    const { profiled, versions } = await profileDrains({ trees, load, cold, folder: target, say });
    say(`The profiles are ${join(target, 'drain.cpuprofile')} and .heapprofile, for the developer tools of a browser.`);
    if (baseline !== undefined) {
      const { writeProfile } = await import('./bench/page/write.ts');
      writeProfile({ profiled, versions, load, cold });
    }
    return 0;
  },
});
