// Log lines, one JSON object or one line of text each, and their way out: standard output, in the background. Whoever reads it may be
// slow or stand still, and nobody waits for that. The only importer of the log library.
import { once } from 'node:events';
import { pino } from 'pino';
import { visible } from '../issuing/x509/shown-text.ts';
import { systemClock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import type { LogFields } from './log-fields.ts';

/** The log of every layer above: the fields first, then a full sentence. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** Logs `message` with `fields`; nothing secret may be among them, redaction is only the second line of defence. */
export type LogMethod = (fields: LogFields, message: string) => void;

// Names under which a secret, a key or a request body could slip in with an object that is logged whole.
const secretNames = [
  'accessKeySecret',
  'securityToken',
  'token',
  'authorization',
  'Authorization',
  'password',
  'privateKey',
  'csr',
  'Csr',
  'request.spec.request',
  'body',
  'data',
];

/** Builds the logger; `write` receives complete lines. */
export function createLogger(options: {
  readonly level: string;
  readonly format: string;
  readonly write: (line: string) => void;
}): Logger {
  const { write } = options;
  const paths = secretNames.flatMap((name) => (name.includes('.') ? [name] : [name, `*.${name}`, `*.*.${name}`]));
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[redacted]' },
    },
    { write: (line: string) => write(options.format === 'text' ? asText(line) : line) },
  );
}

// What strangers wrote into a name or an answer must not steer the terminal, nor begin a line.
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${visible(`${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${rest.join('')}`)}\n`;
}

/** Takes whole lines. */
export interface LogOutput {
  readonly write: (line: string) => void;
  /** How many lines were lost so far. */
  readonly lost: () => number;
  /** Writes what is kept; resolves when that is done, or after so many milliseconds. */
  readonly close: (ms?: number) => Promise<void>;
}

// Some thousand lines.
const mostKeptBytes = 1024 * 1024;
const closeMs = 2_000;
const standardOutput = 1;

/** Opens standard output, or another open file. */
export function openLogOutput(descriptor = standardOutput, mostBytes = mostKeptBytes): LogOutput {
  const destination = pino.destination({ dest: descriptor, sync: false, maxLength: mostBytes });
  let lost = 0;
  let isOpen = true;
  destination.on('drop', () => (lost += 1));
  // Nobody reads any more, which is no reason to stop issuing.
  destination.on('error', () => (isOpen = false));
  return {
    write: (line) => {
      if (isOpen) destination.write(line);
      else lost += 1;
    },
    lost: () => lost,
    close: async (ms = closeMs) => {
      if (!isOpen) return;
      isOpen = false;
      using deadline = startDeadline(ms, undefined, systemClock);
      const closed = once(destination, 'close');
      destination.end();
      await deadline.wait(closed);
    },
  };
}
