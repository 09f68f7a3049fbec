// The command line of `migrate`, where there is no cluster.
import { describe, expect, it } from 'vitest';
import { runMigrateCommand } from '../../../src/migrate-command/migrate-command.ts';
import { systemClock } from '../../../src/timing/clock.ts';

async function run(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await runMigrateCommand(argv, {
    connect: async () => Promise.reject(new Error('There is no cluster.')),
    environment: {},
    clock: systemClock,
    signal: new AbortController().signal,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

describe('migrate', () => {
  it('explains itself, with the rights that it needs', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    expect(out).toContain('Rights that it needs:\n  alibabacloud.com      list pcaissuers, pcaclusterissuers\n');
  });

  it.each([
    [['--aply'], "Unknown option '--aply' (did you mean --apply?). See alibaba-pca-issuer migrate --help."],
    [['--timeout=2h'], '--timeout is "2h" but must be a duration from 1s to 1h, such as 90s.'],
    [[], 'There is no cluster.'],
  ])('ends with 2 for %j', async (argv, message) => {
    expect(await run(...argv)).toEqual({ code: 2, out: '', err: `alibaba-pca-issuer migrate: ${message}\n` });
  });
});
