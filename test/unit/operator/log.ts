// What tests of the operator's own parts share: a log that is kept, lines of metrics, and the settings of a process.
import type { Logger } from '../../../src/runtime/logger.ts';
import type { Metrics } from '../../../src/runtime/metrics.ts';
import { parseOptions } from '../../../src/runtime/options.ts';
import type { Options } from '../../../src/runtime/options.ts';

/** A log, and its lines as level, fields and message. */
export function keptLog(): {
  readonly logger: Logger;
  readonly lines: (readonly [level: string, fields: object, message: string])[];
} {
  const lines: (readonly [string, object, string])[] = [];
  const note =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push([level, fields, message]);
  return { lines, logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') } };
}

/** The lines of metrics whose names begin so. */
export async function metricLines(metrics: Metrics, prefix: RegExp): Promise<readonly string[]> {
  const { text } = await metrics.render();
  return text.split('\n').filter((line) => prefix.test(line) && !line.startsWith('#'));
}

/** The settings for these flags. */
export function optionsFor(...flags: readonly string[]): Options {
  const parsed = parseOptions(flags, {});
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

/** Lets everything run that waits for no clock. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => void setImmediate(resolve));
}
