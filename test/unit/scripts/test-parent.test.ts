// What becomes of a test run when the process that started it is killed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const module = JSON.stringify(fileURLToPath(new URL('../../../scripts/test-parent.ts', import.meta.url)));
const child = `import(${module}).then(({ watchParent }) => {
  watchParent(() => { console.log('end'); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('ready');
});`;
const parent = `require('node:child_process').spawn(process.execPath, ['--eval', ${JSON.stringify(child)}], { stdio: 'inherit' });`;

it('ends soon after its parent was killed', async () => {
  const running = spawn(process.execPath, ['--eval', parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  running.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output === 'ready\n') running.kill('SIGKILL');
  });
  // Closed only when the child, too, no longer holds it.
  await new Promise((resolve) => running.stdout.once('close', resolve));
  expect(output).toBe('ready\nend\n');
});
