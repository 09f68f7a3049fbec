// The log's way out: in order, whole, and never in the way of the process.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openLogOutput } from '../../../src/runtime/logger.ts';
import { until } from '../../support/wait.ts';

const noisy = fileURLToPath(new URL('../../support/noisy-logger.ts', import.meta.url));

it('writes every line in order, and what is kept before it closes', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'log-output-'));
  const descriptor = openSync(join(directory, 'log'), 'w');
  try {
    const output = openLogOutput(descriptor);
    const lines = Array.from({ length: 5_000 }, (_, line) => `{"line":${line}}\n`);
    for (const line of lines) output.write(line);
    await output.close();
    output.write('too late\n');
    expect([readFileSync(join(directory, 'log'), 'utf8'), output.lost()]).toEqual([lines.join(''), 1]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('goes on without a log that nobody takes', async () => {
  const descriptor = openSync('/dev/full', 'w');
  const output = openLogOutput(descriptor);
  await until('a line to be lost', () => {
    output.write('nobody takes it\n');
    return output.lost() > 0;
  });
  await output.close();
  closeSync(descriptor);
});

it('loses the last lines, and counts them, when the reader stands still; the process does not', async () => {
  const written = 50_000;
  const child = spawn(process.execPath, [noisy, String(written), String(64 * 1024)], { stdio: 'pipe' });
  const said = await new Promise<string>((resolve) =>
    child.stderr.once('data', (data: Buffer) => resolve(String(data))),
  );
  const lost = Number(/^lost (\d+)\n$/.exec(said)?.[1]);
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += String(data)));
  child.stdin.write('end\n');
  const code = await new Promise((resolve) => child.once('close', resolve));
  const lines = text.split('\n').slice(0, -1);
  expect([code, lost > 0, lines]).toEqual([
    0,
    true,
    Array.from({ length: written - lost }, (_, line) => `line ${line}`),
  ]);
});
