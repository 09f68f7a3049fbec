// How the steps of a long script are shown where there is no terminal: a process of its own, since they go to its output.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

import { run } from '../../../control-plane/driver/run.ts';

const module = fileURLToPath(new URL('../../../scripts/progress.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'progress-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function show(text: string): Promise<{ readonly out: string; readonly err: string }> {
  const file = join(folder, 'show.mjs');
  writeFileSync(file, `import { Progress, showStep, showSteps } from ${JSON.stringify(module)};\n${text}`);
  const { stdout, stderr } = await run([process.execPath, file], '', { NO_COLOR: '1' });
  const timeless = (shown: string): string => shown.replaceAll(/\d+\.\d s/g, 'N s');
  return { out: timeless(stdout), err: timeless(stderr) };
}

describe('a step', () => {
  it('is two plain lines, with how far it is between them, and answers its result', async () => {
    const { out, err } = await show(`
      const result = await showStep('build', (tell) => { tell('half'); tell('half'); tell('more'); return 42; });
      console.log(result);`);
    expect([out, err]).toEqual(['❯ build\n› half\n› more\n✔ build [N s]\n42\n', '']);
  });

  it('that fails says so, and hands its error on', async () => {
    const { out, err } = await show(`
      await showStep('build', async () => { throw new Error('no space'); }).catch((error) => console.log(error.message));`);
    expect([out, err]).toEqual(['❯ build\nno space\n', '✖ build [N s] [FAILED: no space]\n']);
  });

  it('ends with an interruption for whoever waits, but for what is done at the end', async () => {
    const { out, err } = await show(`
      const controller = new AbortController();
      const progress = new Progress(controller.signal);
      setTimeout(() => controller.abort(new Error('interrupted')), 50);
      await progress.step('for ever', async () => new Promise(() => {})).catch((error) => progress.say(error.message));
      await progress.lastStep('removed', () => {});
      progress.say(progress.total);`);
    expect([out, err]).toEqual([
      '❯ for ever\ninterrupted\n❯ removed\n✔ removed [N s]\nN s\n',
      '✖ for ever [N s] [FAILED: interrupted]\n',
    ]);
  });
});

it('steps run as many at once as is said, and each says what became of it', async () => {
  const { out } = await show(`
    let running = 0;
    let most = 0;
    const step = (name, isGood) => ({ name, run: async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      if (!isGood) throw new Error('no');
      return name;
    } });
    const results = await showSteps([step('a', true), step('b', false), step('c', true)], { atOnce: 2 });
    console.log(JSON.stringify([most, results.map(({ status, value }) => [status, value])]));`);
  expect(JSON.parse(out.trim().split('\n').at(-1)!)).toEqual([
    2,
    [
      ['fulfilled', 'a'],
      ['rejected', null],
      ['fulfilled', 'c'],
    ],
  ]);
});
