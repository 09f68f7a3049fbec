import { expect, it } from 'vitest';
import { soakPage, soakPlots } from '../../../../scripts/soak/page.ts';
import type { SoakResult } from '../../../../scripts/soak/result.ts';

const observation = { minute: 1, life: 3, resident: 100, descriptors: 40, resources: { TCPSocketWrap: 4 }, issued: 10 };
const result: SoakResult = {
  date: '2026-12-01',
  machine: '2 cores',
  commit: 'commit a',
  seed: 1,
  minutes: 60,
  observations: [observation, { ...observation, minute: 30, life: 4 }],
  lives: [
    {
      life: 3,
      minutes: 20.4,
      certificates: 1_000,
      descriptors: { first: 40, last: 41 },
      resources: { first: 6, last: 6 },
      retained: {
        first: { mebibytes: 20, objects: { timers: 5, keys: 4 } },
        last: { mebibytes: 21.25, objects: { timers: 7, keys: 4 } },
      },
      residentPerHour: undefined,
    },
  ],
  disturbances: ['the API server restarts', 'PCA is slow', 'the API server restarts'].map((what) => ({
    minute: 1,
    what,
  })),
  done: { renewals: 500 },
  certificates: 1_010,
  faults: ['More than one certificate was paid for one request: r-1'],
  ends: [],
};

it('tells what each process kept, what was done, and what must never be', () => {
  const lines = soakPage(result).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '| process | minutes | certificates | descriptors | handles | retained MiB | timers | keys | resident, MiB an hour |',
      '| 3 | 20 | 1000 | 40 → 41 | 6 → 6 | 20.0 → 21.3 | 5 → 7 | 4 → 4 | – |',
      '| the API server restarts | 2 |',
      '| renewals | 500 |',
      '| certificates that were paid twice or that nobody asked for, and requests that failed | 1 |',
      '- More than one certificate was paid for one request: r-1',
    ]),
  );
});

it('draws a line for each process in each of three panels', () => {
  expect(soakPlots(result).match(/<polyline/g)).toHaveLength(6);
});
