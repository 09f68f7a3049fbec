// Waiting for a condition with a deadline, so that no test sleeps and a failure says what was last seen.
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Bounds of a wait. */
export interface WaitOptions {
  /** Longest wait; {@link hangLimitMs} when not given. */
  readonly deadlineMs?: number;
  /** Pause between two checks; when not given, a tenth of what was waited so far, of 50 to 500 ms. */
  readonly everyMs?: number;
  /** Asked once, at the deadline, for what stands behind the error's message. */
  readonly more?: () => Promise<string>;
}

/** Thrown by a check that wants the error at the deadline to tell what it saw; anything else thrown is shown as well. */
export class NotYet extends Error {
  constructor(seen: unknown) {
    super(typeof seen === 'string' ? seen : inspect(seen, { depth: 6, breakLength: 120 }));
    this.name = 'NotYet';
  }
}

/**
 * Longest wait for something that usually takes moments. It only keeps a run from hanging: a machine whose processors are
 * all taken needs many times the usual, so it says nothing about how quick anything must be. Below the tests' own limit,
 * so that a wait in vain ends with what was last seen.
 */
export const hangLimitMs = 150_000;
/** The same as a flag of kubectl and Helm. */
export const hangLimitFlag = `--timeout=${hangLimitMs / 1_000}s`;
const shortestPauseMs = 50;
const longestPauseMs = 500;

/**
 * Calls `check` until it returns something other than `undefined` and `false`, and returns that.
 * A check that throws counts as "not yet". Throws at the deadline, naming `description` and what was last seen.
 */
export async function until<Value>(
  description: string,
  check: () => Value | Promise<Value>,
  options: WaitOptions = {},
): Promise<Exclude<Value, undefined | false>> {
  const deadline = options.deadlineMs ?? hangLimitMs;
  const started = performance.now();
  let seen = 'nothing';
  do {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value as Exclude<Value, undefined | false>;
      seen = String(value);
    } catch (error) {
      seen = error instanceof Error ? error.message : inspect(error);
    }
    await sleep(options.everyMs ?? pauseMs(performance.now() - started));
  } while (performance.now() - started < deadline);
  throw new Error(`Waited ${deadline / 1000} s in vain: ${description}. Last seen: ${seen}${await moreOf(options)}`);
}

async function moreOf({ more }: WaitOptions): Promise<string> {
  try {
    return (await more?.()) ?? '';
  } catch (error) {
    return `\nMore could not be found out: ${error instanceof Error ? error.message : inspect(error)}`;
  }
}

/** What takes long takes long because processors are busy: looking seldom leaves them to what is waited for. */
function pauseMs(waitedMs: number): number {
  return Math.min(longestPauseMs, Math.max(shortestPauseMs, waitedMs / 10));
}
