// `npm run test:live`: the contract's cases against the real service. It costs certificates, so it runs only when told by
// the environment with which account; nothing else calls it.
import { liveSettings, liveVariables } from './live/settings.ts';
import { runTask } from './task/run-task.ts';

async function main(): Promise<number> {
  const settings = liveSettings(process.env);
  if (settings === undefined) {
    const list = Object.entries(liveVariables).map(([name, meaning]) => `  ${name.padEnd(28)} ${meaning}`);
    console.log(
      `Skipped: no account to run against. Needed are the access key and at least one sub CA:\n${list.join('\n')}`,
    );
    return 0;
  }
  const { runLive } = await import('./live/run-live.ts');
  const { passed, failed } = await runLive(settings, (line) => console.log(line));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

await runTask('live', { run: main });
