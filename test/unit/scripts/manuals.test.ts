// What npm scripts say about themselves.
import { expect, it } from 'vitest';

import { manualOf, scriptSummaries } from '../../../scripts/task/help.ts';
import { exitCodes } from '../../../scripts/task/task.ts';
import type { Task } from '../../../scripts/task/task.ts';

const task = {
  npmScript: 'measure',
  summary: 'Measures something',
  needs: 'a quiet machine.',
  flags: { quick: { kind: 'switch', help: 'in a hurry' } },
  examples: { '--quick': 'soon done' },
  shortcuts: { 'measure:red': { parameters: '--colour red', summary: 'Measures what is red' } },
} as const satisfies Task;

it('the manual of a script takes its flags behind --, and names its shortcuts', () => {
  const { summary, needs, flags, examples } = task;
  expect(manualOf(task)).toEqual({
    command: 'npm run measure',
    before: '--',
    summary,
    needs,
    flags,
    examples,
    lists: { Shorter: { 'npm run measure:red': 'npm run measure -- --colour red' } },
    exitCodes,
  });
  expect(manualOf({ ...task, npmScript: 'test' }).command).toBe('npm test');
});

it('the list of all has shortcuts too', () => {
  expect(scriptSummaries([task])).toEqual({ measure: 'Measures something', 'measure:red': 'Measures what is red' });
});
