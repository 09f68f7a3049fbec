// When a condition's transition time moves.
import { expect, it } from 'vitest';
import { withCondition } from '../../../src/kubernetes/conditions.ts';

const now = new Date('2026-11-22T10:05:00.999Z');
const next = { type: 'Ready', status: 'True', reason: 'Checked', message: 'Fine.', observedGeneration: 2 } as const;

it.each([
  ['is now for a new condition', undefined, '2026-11-22T10:05:00Z'],
  [
    'is now when the status changes',
    { status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
    '2026-11-22T10:05:00Z',
  ],
  [
    'stays when only reason or message change',
    { status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
    '2026-01-01T00:00:00Z',
  ],
  ['is now when the present one has none', { status: 'True' }, '2026-11-22T10:05:00Z'],
])('the time %s', (_name, present, lastTransitionTime) => {
  expect(withCondition(present, next, now)).toEqual({ ...next, lastTransitionTime });
});
