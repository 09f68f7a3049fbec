// The command from arguments to exit code and output.
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { runCapacityCommand } from '../../../src/capacity-command/capacity-command.ts';

const numRuns = Number(process.env['ISSUING_FUZZ_RUNS'] ?? 300);
const fleet = ['--workloads', '2000', '--lifetime', '24h'];

function run(argv: readonly string[]): { readonly code: number; readonly out: string; readonly err: string } {
  let out = '';
  let err = '';
  const code = runCapacityCommand(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

describe('capacity', () => {
  it('says for people what is taken and what to change, and ends with 3', () => {
    const asked = ['--quota', '1000000', '--pca-limit', '4', '--lifetime', '10m', '--storm-within=30s'];
    expect(run(['--workloads', '2000', ...asked])).toEqual({
      code: 3,
      err: '',
      out: `2,000 workloads, certificates of 10m, each renewed after 5m; at most 4 calls per second
  Certificates  24,000 an hour, 576,000 a day, 210,240,000 a year; a workload renews 105,120 times a year
  Calls         6.67 per second on average, 167 % of the limit: requests pile up
  Quota         1,000,000 certificates last 41h40m, less than a year
  Restart       2,000 starts at once: the last certificate after 8m20s; of the clients, 1,759 give up after 1m and ask anew
  Storm         2,000 renewals within 30s: the last one after 8m20s; each certificate has 5m left, and of them 723 end before they are renewed
  Limits        certificatesPerHour: 26000 and certificatesPerDay: 578000 in spec.issuanceLimits leave room for a restart

What to change
  - PCA allows fewer calls than the renewals take: have the limit raised to 6.67 calls per second, or let certificates live 16m40s.
  - The quota does not last a year: have 210,240,000 certificates a year, or let certificates live 35h2m24s.
  - After a restart of everything, clients give up before their turn: have the limit raised to 33.32 calls per second, or start at most 241 workloads in 1m.
  - In a renewal storm, certificates end before they are renewed: spread renewals over 3m20s, or have the limit raised to 6.06 calls per second, or renew at 0.21 of the lifetime, or let certificates live 15m40s.
  - Instead of all that: let the mesh issue itself, below an intermediate CA (spec.externalCA). Workloads then take no
    calls and no certificates of PCA; a renewal of the intermediate CA takes one bought instance.
`,
    });
  });

  it('says that all suffices, and ends with 0', () => {
    expect(run(['--workloads=20', '--lifetime=2160h', '--starts-per-day=5', '--quota=3000'])).toEqual({
      code: 0,
      err: '',
      out: `20 workloads, certificates of 2160h, each renewed after 1080h; at most 10 calls per second
  Certificates  0.227 an hour, 5.44 a day, 1,987 a year; a workload renews 8.11 times a year
  Calls         0.000063 per second on average, 0.00063 % of the limit
  Quota         3,000 certificates last 551 days
  Restart       20 starts at once: the last certificate after 2s
  Storm         20 renewals at once: the last one after 2s; each certificate has 1080h left
  Limits        certificatesPerHour: 21 and certificatesPerDay: 26 in spec.issuanceLimits leave room for a restart

All of it suffices.
`,
    });
  });

  it('gives the question with its defaults and the exact answer to programs', () => {
    const [json, yaml] = ['json', 'yaml'].map((form) => run([...fleet, '-o', form]));
    const read = JSON.parse(json?.out ?? '') as unknown;
    expect([json?.code, yaml?.code, parse(yaml?.out ?? ''), read]).toEqual([
      3,
      3,
      read,
      {
        question: {
          workloads: 2000,
          lifetimeSeconds: 86_400,
          renewAt: 0.5,
          startsPerDay: 0,
          pcaLimit: 10,
          stormSeconds: 0,
          clientTimeoutSeconds: 60,
        },
        renewedEverySeconds: 43_200,
        certificates: {
          perHour: expect.any(Number),
          perDay: expect.any(Number),
          perYear: expect.any(Number),
          perWorkloadAndYear: 730,
        },
        calls: { perSecond: expect.any(Number), shareOfLimit: expect.any(Number), suffices: true },
        restart: { seconds: 199.9, givenUp: 1399, suffices: false },
        storm: {
          withinSeconds: 0,
          seconds: expect.any(Number),
          longestWaitSeconds: expect.any(Number),
          spareSeconds: 43_200,
          expired: 0,
          suffices: true,
        },
        issuanceLimits: { certificatesPerHour: 2167, certificatesPerDay: 6000 },
        changes: [expect.objectContaining({ shortage: 'restart' })],
        suffices: false,
      },
    ]);
  });
});

describe('capacity ends with 2 and says what to write', () => {
  const list = 'See alibaba-pca-issuer capacity --help.';
  const shape = 'in hours, minutes and seconds, such as 24h or 90s.';
  it.each([
    [[], `--workloads is missing. ${list}`],
    [['--workloads', '1'], `--lifetime is missing. ${list}`],
    [['--nonsense'], `Unknown option '--nonsense'. ${list}`],
    [[...fleet, '-o', 'xml'], '--output is "xml" but must be one of table, json, yaml.'],
    [['--workloads', '0'], '--workloads is "0" but must be a whole number from 1 to 1000000.'],
    [['--workloads', '1e3'], '--workloads is "1e3" but must be a whole number from 1 to 1000000.'],
    [[...fleet, '--lifetime', '0s'], `--lifetime is "0s" but must be a duration of at least 1s, ${shape}`],
    [[...fleet, '--lifetime', '90d'], `--lifetime is "90d" but must be a duration of at least 1s, ${shape}`],
    [[...fleet, '--renew-at', '1'], '--renew-at is "1" but must be a share above 0 and below 1, such as 0.5.'],
    [[...fleet, '--renew-at', '50%'], '--renew-at is "50%" but must be a share above 0 and below 1, such as 0.5.'],
    [[...fleet, '--renew-at', ''], '--renew-at is "" but must be a share above 0 and below 1, such as 0.5.'],
    [[...fleet, '--starts-per-day', '-1'], '--starts-per-day is "-1" but must be a whole number from 0 to 10000000.'],
    [[...fleet, '--starts-per-day', '0.5'], '--starts-per-day is "0.5" but must be a whole number from 0 to 10000000.'],
    [
      [...fleet, '--pca-limit', '0'],
      '--pca-limit is "0" but must be a number of calls per second above 0, at most 100000.',
    ],
    [[...fleet, '--quota', 'all'], '--quota is "all" but must be a whole number from 0 to 1000000000000.'],
    [[...fleet, '--storm-within', 'x'], `--storm-within is "x" but must be a duration, ${shape}`],
    [[...fleet, '--client-timeout', '0s'], `--client-timeout is "0s" but must be a duration of at least 1s, ${shape}`],
  ] as const)('%j', (argv, message) => {
    expect(run(argv)).toEqual({ code: 2, out: '', err: `alibaba-pca-issuer capacity: ${message}\n` });
  });

  it('shows its help', () => {
    const { code, out, err } = run(['--help']);
    expect([code, out.split('\n')[0], err]).toEqual([
      0,
      "Computes how many certificates workloads take, and whether PCA's limits suffice.",
      '',
    ]);
  });
});

test('whatever is given, it ends with a documented code, and no number is lost', () => {
  const value = fc.oneof(fc.constantFrom('1', '24h', '0.5', '1000000', '0', '10m', '.5'), fc.string({ maxLength: 12 }));
  const names = [
    'workloads',
    'lifetime',
    'renew-at',
    'starts-per-day',
    'pca-limit',
    'quota',
    'storm-within',
    'client-timeout',
  ];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 6 }), (given) => {
      const { code, out, err } = run([...fleet, ...given.map(([name, text]) => `--${name}=${text}`)]);
      expect([code === 2, out === '', err !== '', /NaN|undefined|Infinity/.test(out)]).toEqual(
        code === 2 ? [true, true, true, false] : [false, false, false, false],
      );
      expect([0, 2, 3]).toContain(code);
    }),
    { numRuns },
  );
});
