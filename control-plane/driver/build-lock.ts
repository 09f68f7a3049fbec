// A lock between processes: a directory, because creating one either succeeds or fails everywhere. A lock left behind by
// a killed process is taken over. Two processes that take over in the same instant may both proceed: the work
// under the lock must end in an atomic rename.
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 500;
const unownedLimitMs = 10_000;

/** Runs `work` while holding the lock, waiting for the present holder first, and always releases it. */
export async function withLock<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  while (!(await take(directory))) {
    if (await isStale(directory)) await discard(directory);
    else await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function take(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(directory, 'pid'), String(process.pid));
  return true;
}

async function isStale(directory: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(join(directory, 'pid'), 'utf8'));
    if (pid > 0) return !isAlive(pid);
    return await isOld(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return isOld(directory);
    throw error;
  }
}

// The holder writes its process id a moment after it made the directory; only a longer wait means that it died in between.
async function isOld(directory: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(directory);
    return Date.now() - mtimeMs > unownedLimitMs;
  } catch {
    return false;
  }
}

// Renaming first lets only one of several waiters remove the lock.
async function discard(directory: string): Promise<void> {
  const aside = `${directory}.stale-${process.pid}`;
  try {
    await rename(directory, aside);
  } catch {
    return;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Whether a process of this id exists, of any owner. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** The `code` of a Node system error, or undefined. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
