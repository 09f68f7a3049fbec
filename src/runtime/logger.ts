// Log lines on standard output, one JSON object or one line of text each; the only importer of the log library.
import { pino } from 'pino';

/** The log of every layer above: the fields first, then a full sentence. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** Logs `message` with `fields`; nothing secret may be among them, redaction is only the second line of defence. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

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

/** Builds the logger; `write` receives complete lines and is synchronous, so that nothing is lost at exit. */
export function createLogger(options: {
  readonly level: string;
  readonly format: string;
  readonly write?: (line: string) => void;
}): Logger {
  const write = options.write ?? ((line: string): void => void process.stdout.write(line));
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

function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(msg)}${rest.join('')}\n`;
}
