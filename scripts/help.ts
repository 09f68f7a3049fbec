// `node scripts/start.mjs` without a task: the npm scripts and what each is for.
import { taskList } from './task/help.ts';
import { allScripts } from './task/tasks.ts';

process.stdout.write(taskList(allScripts));
