// `npm run demo`: the whole road from `kubectl apply` of a Certificate to a verified certificate, without a cloud account
// and without a cluster.
import { findDemoFault } from './demo/arguments.ts';
import { runTask } from './task/run-task.ts';

await runTask('demo', {
  findFault: async (demo) => findDemoFault(demo),
  run: async (demo) => {
    const { showDemo } = await import('./demo/play.ts');
    // What an interruption left unfinished must not keep the process; its children end with it.
    return process.exit(await showDemo(demo));
  },
});
