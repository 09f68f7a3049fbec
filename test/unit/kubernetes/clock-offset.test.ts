// The operator's clock compared with the API server's: measured with each answer, told at once and then seldom.
import { expect, it } from 'vitest';
import { ClockOffset } from '../../../src/kubernetes/clock-offset.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const theirs = 'Mon, 23 Nov 2026 10:00:00 GMT';

function taking(offsets: readonly (readonly [monotonic: number, seconds: number])[]): {
  readonly offsets: readonly number[];
  readonly warnings: readonly string[];
} {
  const seen = { offsets: [] as number[], warnings: [] as string[] };
  const clock = new FakeClock();
  const startedAt = clock.monotonic();
  const offset = new ClockOffset({
    clock,
    onOffset: (seconds) => seen.offsets.push(seconds),
    onWarning: (message) => seen.warnings.push(message.split(':')[0] ?? ''),
  });
  for (const [at, seconds] of offsets) {
    clock.advance(startedAt + at - clock.monotonic());
    clock.jump(Date.parse(theirs) + seconds * 1_000 - clock.now().getTime());
    offset.take(theirs);
  }
  offset.take('no date');
  return seen;
}

it.each([
  ['a tolerable one is only measured', [[0, 30]], []],
  ['a clock that is ahead', [[0, 300]], ["This machine's clock is 5 minutes ahead of the API server's clock"]],
  ['a clock that is behind', [[0, -45]], ["This machine's clock is 45 seconds behind the API server's clock"]],
  [
    'a lasting one is told every ten minutes',
    [
      [0, 300],
      [599_000, 300],
      [600_000, 240],
    ],
    [
      "This machine's clock is 5 minutes ahead of the API server's clock",
      "This machine's clock is 4 minutes ahead of the API server's clock",
    ],
  ],
] as const)('%s', (_name, offsets, warnings) => {
  expect(taking(offsets)).toEqual({ offsets: offsets.map(([, seconds]) => seconds), warnings });
});
