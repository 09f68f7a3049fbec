// `npm run docs:build` builds the site of docs/ into docs/.vitepress/dist; a link that leads nowhere fails it. `npm run docs:dev`
// serves it and follows changes.
import { runTask } from './task/run-task.ts';
import { docsFolder } from './docs/contents.ts';

await runTask('docs', {
  run: async ({ dev }) => {
    const { build, createServer } = await import('vitepress');
    if (!dev) {
      try {
        await build(docsFolder);
        return 0;
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        return 1;
      }
    }
    const server = await createServer(docsFolder);
    await server.listen();
    server.printUrls();
    await new Promise((resolve) => process.once('SIGINT', resolve));
    await server.close();
    return 0;
  },
});
