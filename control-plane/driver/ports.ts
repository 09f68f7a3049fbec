// Free TCP ports on loopback, below the range from which the kernel picks ports of outgoing connections.
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** From which ports are drawn; the second is not one of them. */
export type PortRange = readonly [lowest: number, end: number];

// A component that is down for a while must find its port free again: an outgoing connection may have taken one from
// the kernel's own range in the meantime.
const below: PortRange = [15_000, 32_000];
const attempts = 200;

// A port is handed out seconds before somebody listens on it, and by many processes: each keeps a file for each of its ports.
const folder = join(tmpdir(), `control-plane-ports-${userInfo().username}`);
const claimed = new Set<string>();

/** A port that nobody listens on and that no running process of this user has been handed out. */
export async function freePort(range: PortRange = below): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(...range);
    if (claim(port) && (await canListen(port))) return port;
  }
  throw new Error(`No free TCP port was found between ${range.join(' and ')}.`);
}

function claim(port: number): boolean {
  if (claimed.size === 0) {
    mkdirSync(folder, { recursive: true });
    process.once('exit', () => claimed.forEach((file) => rmSync(file, { force: true })));
  }
  const file = join(folder, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    claimed.add(file);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    // Another draw may find it free then.
    if (!isRunning(ownerOf(file))) rmSync(file, { force: true });
    return false;
  }
}

/** Undefined while the file is being written, or when it was just removed. */
function ownerOf(file: string): number | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text === '' ? undefined : Number(text);
  } catch {
    return undefined;
  }
}

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
