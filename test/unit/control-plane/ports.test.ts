// Processes that start at the same time take ports from one range, and listen on them only later.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort } from '../../../control-plane/driver/ports.ts';

const module = new URL('../../../control-plane/driver/ports.ts', import.meta.url).href;

/** Draws once from a range and prints the port, or what was wrong. */
function drawing(range: readonly [number, number]): string {
  return `const { freePort } = await import(${JSON.stringify(module)});
process.stdout.write(String(await freePort(${JSON.stringify(range)}).catch((error) => error.message)));`;
}

async function drawnElsewhere(range: readonly [number, number]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', drawing(range)]);
  return stdout;
}

it('are never those of another process that runs, and are free again when it has ended', async () => {
  const port = await freePort();
  const range = [port, port + 1] as const;
  const none = `No free TCP port was found between ${port} and ${port + 1}.`;
  expect(await drawnElsewhere(range)).toBe(none);
  await expect(freePort(range)).rejects.toThrow(none);

  // The other way round: a process that does not come to give back what it took.
  const other = await freePort([32_000, 32_400]);
  const holder = spawn(
    process.execPath,
    ['--input-type=module', '-e', `${drawing([other + 1, other + 2])} setInterval(() => {}, 1000);`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [taken] = (await once(holder.stdout, 'data')) as [Buffer];
  expect(taken.toString()).toBe(String(other + 1));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await freePort([other + 1, other + 2])).toBe(other + 1);
});

it('are none on which somebody listens already', async () => {
  const port = await freePort([32_400, 32_700]);
  const server = createServer().listen(port + 1, '127.0.0.1');
  await once(server, 'listening');
  await expect(freePort([port + 1, port + 2])).rejects.toThrow('No free TCP port');
  server.close();
});
