// Programs that scripts and the control plane run to their ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

import { run as runCommand, runOrThrow } from '../../../control-plane/driver/run.ts';
import { run } from '../../../scripts/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'command-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function program(name: string, text: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text);
  return file;
}

const node = (text: string): readonly string[] => [process.execPath, '--eval', text];

describe('a script that a script runs', () => {
  it('is answered with all that it wrote to either stream, and its code', async () => {
    const script = program(
      'both',
      'console.log("one", process.argv[2], process.env.WORD); console.error("two"); console.log("three"); process.exitCode = 5;',
    );
    const { code, output } = await run({ script, parameters: ['a b'], environment: { WORD: 'word' } });
    expect([code, output.split('\n').toSorted()]).toEqual([5, ['', 'one a b word', 'three', 'two']]);
  });

  it('counts as failed when a signal ends it', async () => {
    const { code } = await run({ script: program('dies', "process.kill(process.pid, 'SIGKILL');") });
    expect(code).toBe(1);
  });

  it('is told to end with the script, which waits for it and ends as the signal would have ended it', async () => {
    const script = program(
      'cleans',
      `process.on('SIGTERM', () => setTimeout(() => { console.log('cleaned up'); process.exit(0); }, 100));
       console.log('ready');
       setInterval(() => {}, 1000);`,
    );
    const command = fileURLToPath(new URL('../../../scripts/command.ts', import.meta.url));
    const outer = program(
      'outer',
      `import { run } from ${JSON.stringify(command)};\nawait run({ script: ${JSON.stringify(script)}, show: true });`,
    );
    const child = spawn(process.execPath, [outer]);
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      if (stdout === 'ready\n') child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([stdout, code]).toEqual(['ready\ncleaned up\n', 143]);
  });
});

describe('a command', () => {
  it('is answered with its output as it is, and its code', async () => {
    const command = node('process.stdin.pipe(process.stdout); console.error(process.env.WORD); process.exitCode = 3;');
    expect(await runCommand(command, 'input\n', { WORD: 'word' })).toEqual({
      stdout: 'input\n',
      stderr: 'word\n',
      code: 3,
    });
  });

  it('need not read its input', async () => {
    expect(await runCommand(node(''), 'x'.repeat(4_000_000))).toEqual({ stdout: '', stderr: '', code: 0 });
  });

  it('counts as failed when a signal ends it', async () => {
    const { code } = await runCommand(node("process.kill(process.pid, 'SIGKILL')"));
    expect(code).toBe(1);
  });

  it('that cannot be started is an error', async () => {
    await expect(runCommand([join(folder, 'nothing')])).rejects.toThrow('ENOENT');
  });

  it('may be an error by its code, with what it wrote', async () => {
    await expect(runOrThrow(node('console.error("no"); process.exitCode = 2;'))).rejects.toThrow(
      /ended with status 2: no\n$/,
    );
  });
});
