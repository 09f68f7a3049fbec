// `npm run bench:limiter`: how the limiter finds a limit that it was not told, compared with fixed rates, and what a noisy
// neighbour costs; writes docs/limiter.json, docs/limiter.svg and docs/limiter.md.
import { runTask } from './task/run-task.ts';

await runTask('limiter', {
  run: async (told) => {
    const { writeReport } = await import('./limiter/report.ts');
    await writeReport(told);
    return 0;
  },
});
