// Which entry issues, for each state of two or three.
import { expect, test } from 'vitest';
import { chosenEntry } from '../../../../../src/controllers/issuers/failover/selection.ts';
import type { EntrySeen } from '../../../../../src/controllers/issuers/failover/selection.ts';

const usable: EntrySeen = { isUsable: true, isFailedOver: false, isSteady: true };
const back: EntrySeen = { ...usable, isSteady: false };
const down: EntrySeen = { isUsable: false, isFailedOver: true, isSteady: true };
const troubled: EntrySeen = { ...down, isSteady: false };
const refused: EntrySeen = { isUsable: false, isFailedOver: false, isSteady: true };

test.each<[string, readonly EntrySeen[], number, number | undefined]>([
  ['the first issues while it can', [usable, usable], 0, 0],
  ['the first issues from its start on', [back, back], 0, 0],
  ['the second stands in for one that is down', [down, usable], 0, 1],
  ['one that has answered just now is good enough', [down, back], 0, 1],
  ['nobody stands in while trouble may pass', [troubled, usable], 0, undefined],
  ['nobody stands in for a refusal', [refused, usable], 0, undefined],
  ['the third stands in where the second is down as well', [down, down, usable], 0, 2],
  ['one that is in trouble is passed over', [down, troubled, usable], 0, 2],
  ['a refusal of the second ends the search', [down, refused, usable], 0, undefined],
  ['none is left', [down, down], 0, undefined],
  ['it stays where it is while the first is down', [down, usable], 1, 1],
  ['it stays where it is until the first has answered for a while', [back, usable], 1, 1],
  ['it goes back then', [usable, usable], 1, 0],
  ['it goes back at once where the second is down', [back, down], 1, 0],
  ['it does not go back to one that refuses', [refused, usable], 1, 1],
  ['it goes back to the second before the first', [down, usable, usable], 2, 1],
  ['a refusal of the one in use is nobody else’s to mend', [usable, refused], 1, undefined],
])('%s', (_, seen, inUse, chosen) => {
  expect(chosenEntry(seen, inUse)).toBe(chosen);
});
