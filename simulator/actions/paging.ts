// Pages by number, newest first, of the list operations.
import type { IssuedRecord } from '../issuing/ledger.ts';
import { integerOf } from '../protocol/parameters.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';

/** `CurrentPage` and `ShowSize`. */
export const pageParameters: readonly ParameterRule[] = [
  { name: 'CurrentPage', type: 'integer', minimum: 1 },
  { name: 'ShowSize', type: 'integer', minimum: 1, maximum: 50 },
];

/** The page's certificates and its numbers, without the count of pages, which not every answer has. */
export function pageOf(
  found: readonly IssuedRecord[],
  given: Parameters,
  usualSize: number,
): {
  readonly items: readonly IssuedRecord[];
  readonly numbers: { readonly CurrentPage: number; readonly ShowSize: number; readonly TotalCount: number };
} {
  const page = integerOf(given, 'CurrentPage', 1);
  const size = integerOf(given, 'ShowSize', usualSize);
  return {
    items: found.toReversed().slice((page - 1) * size, page * size),
    numbers: { CurrentPage: page, ShowSize: size, TotalCount: found.length },
  };
}
