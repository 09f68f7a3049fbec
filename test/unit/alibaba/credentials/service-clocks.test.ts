// The offset of this machine's clock from that of a service, by the Date header of its answers.
import { expect, it } from 'vitest';
import { ServiceClocks } from '../../../../src/alibaba/credentials/service-clocks.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const endpoint = (host: string) => ({ host, protocol: 'HTTPS', caBundle: undefined, region: 'cn-hangzhou' }) as const;
const [one, other] = [endpoint('one.example'), endpoint('other.example')];

it('is told by each endpoint for itself alone, by its last answer', () => {
  const clock = new FakeClock();
  const clocks = new ServiceClocks(clock);
  const dateIn = (seconds: number): string => new Date(clock.now().getTime() + seconds * 1_000).toUTCString();
  clocks.take(one, dateIn(-90));
  expect([clocks.offsetSeconds(one), clocks.offsetSeconds(other)]).toEqual([90, undefined]);
  clocks.take(one, dateIn(600));
  clocks.take(other, dateIn(0));
  expect([clocks.offsetSeconds(one), clocks.offsetSeconds(other)]).toEqual([-600, 0]);
});

it.each([undefined, '', 'now', ['Sun, 22 Nov 2026 10:00:00 GMT']])('is not told by the header %j', (header) => {
  const clocks = new ServiceClocks(new FakeClock());
  clocks.take(one, header);
  expect(clocks.offsetSeconds(one)).toBeUndefined();
});
