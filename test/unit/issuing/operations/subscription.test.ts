// When the subscription behind a CA ends, in whatever form PCA says it.
import { expect, it } from 'vitest';
import { readSubscriptionEnd, subscriptionCall } from '../../../../src/issuing/operations/subscription.ts';

const end = Date.UTC(2027, 0, 31);
const instance = { Identifier: 'ca', InstanceId: 'cas-1', Status: 'USED', UseExpireTime: end };

it('is asked for with the identifier of the CA', () => {
  expect(subscriptionCall('ca')).toEqual({
    action: 'GetCAInstanceStatus',
    version: '2020-06-30',
    parameters: { Identifier: 'ca' },
  });
});

it.each<[string, unknown, number | undefined]>([
  ['one instance', [instance], end],
  ['a time as text', [{ ...instance, UseExpireTime: String(end) }], end],
  ['the latest of several', [instance, { ...instance, UseExpireTime: end + 1 }, instance], end + 1],
  ['none of another CA', [{ ...instance, Identifier: 'other' }], undefined],
  ['none that was given back', [{ ...instance, Status: 'REFUND' }], undefined],
  [
    'no time that is none',
    [{ ...instance, UseExpireTime: 0 }, { ...instance, UseExpireTime: 'soon' }, null, 7],
    undefined,
  ],
  ['no list', { 0: instance }, undefined],
])('is the end of %s', (_, InstanceStatusList, expected) => {
  expect(readSubscriptionEnd({ InstanceStatusList }, 'ca')?.getTime()).toBe(expected);
});
