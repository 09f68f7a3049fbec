// `npm run profile`: whose time and whose memory one certificate takes, by rooms of the sources and by libraries.
import { join, resolve } from 'node:path';
import { root } from './command.ts';
import { runTask } from './task/run-task.ts';

await runTask('profile', {
  findFault: async ({ latency }) =>
    /^\d{1,5}$/.test(latency) ? undefined : `--latency is a number of milliseconds, not "${latency}"`,
  run: async ({ requests, latency, cold, folder }) => {
    const { profileDrains } = await import('./profile/run.ts');
    const say = (text: string): void => console.log(text);
    const target = resolve(root, folder);
    const load = { count: requests, latencyMilliseconds: Number(latency) };
    say(await profileDrains({ load, cold, folder: target, say }));
    say(`The profiles are ${join(target, 'drain.cpuprofile')} and .heapprofile, for the developer tools of a browser.`);
    return 0;
  },
});
