// The command line of `migrate`, where there is no cluster.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { migrateManual } from '../../../src/migrate-command/manual.ts';
import { runMigrateCommand } from '../../../src/migrate-command/migrate-command.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { blocksOf } from '../../support/pages.ts';

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
  it('explains itself, with the rights that docs/migration.md gives', async () => {
    const { code, out } = await run('--help');
    const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8');
    const [role = ''] = blocksOf(page)
      .filter(({ language }) => language === 'yaml')
      .map(({ text }) => text);
    const { rules } = parse(role) as {
      readonly rules: readonly {
        readonly apiGroups: readonly string[];
        readonly resources: readonly string[];
        readonly verbs: readonly string[];
      }[];
    };
    const given = rules.map(({ apiGroups: [group = ''], resources, verbs }) => [
      `${resources.join(', ')}${group === '' ? '' : ` (${group})`}`,
      verbs.join(', '),
    ]);
    expect([code, migrateManual.lists['Rights that it needs']]).toEqual([0, Object.fromEntries(given)]);
    expect(out).toContain('\nRights that it needs:\n');
  });

  it.each([
    [['--aply'], "Unknown option '--aply' (did you mean --apply?). See alibaba-pca-issuer migrate --help."],
    [['--timeout=2h'], '--timeout is "2h" but must be a duration from 1s to 1h, such as 90s.'],
    [[], 'There is no cluster.'],
  ])('ends with 2 for %j', async (argv, message) => {
    expect(await run(...argv)).toEqual({ code: 2, out: '', err: `alibaba-pca-issuer migrate: ${message}\n` });
  });
});
