// The flag --call-limits.
import { expect, test } from 'vitest';
import { cautiousLimits, publishedLimits } from '../../../../src/alibaba/limits/rate-limit.ts';
import { parseCallLimits } from '../../../../src/alibaba/limits/rate-limit-settings.ts';

test('empty means as published', () => {
  expect(parseCallLimits('')).toEqual({
    kind: 'ok',
    table: { limits: publishedLimits, otherActions: cautiousLimits },
  });
});

test('an action and all others get their own', () => {
  expect(parseCallLimits('CreateServerCertificateWithCsr=20/0.5/100, *=5/1/5')).toEqual({
    kind: 'ok',
    table: {
      limits: {
        ...publishedLimits,
        CreateServerCertificateWithCsr: { startPerSecond: 20, floorPerSecond: 0.5, ceilingPerSecond: 100 },
      },
      otherActions: { startPerSecond: 5, floorPerSecond: 1, ceilingPerSecond: 5 },
    },
  });
});

test.each(['x', 'A=1', 'A=1/2/3/4', 'A=1/2/3', 'A=0/0/0', 'A=5/1/4', 'A=1/1/1e9', '=1/1/1', 'A=1/1/999999'])(
  '%s is refused with the form that is wanted',
  (text) => {
    expect(parseCallLimits(text)).toEqual({
      kind: 'invalid',
      message: `"${text}" is not a limit: write action=start/floor/ceiling in calls per second, such as CreateCustomCertificate=100/1/1000, with 0 < floor <= start <= ceiling; * means all other actions.`,
    });
  },
);
