// `npm run test:live`: the contract's cases against the real service. It costs certificates, so it runs only when told by
// the environment with which account; nothing else calls it.
import { runLive } from './live/run-live.ts';
import { liveSettings, liveVariables } from './live/settings.ts';

const settings = liveSettings(process.env);
if (settings === undefined) {
  const list = Object.entries(liveVariables).map(([name, meaning]) => `  ${name.padEnd(28)} ${meaning}`);
  console.log(
    `Skipped: no account to run against. Needed are the access key and at least one sub CA:\n${list.join('\n')}`,
  );
} else {
  const { passed, failed } = await runLive(settings, (line) => console.log(line));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
