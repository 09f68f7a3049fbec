import { describe, expect, test } from 'vitest';

import { listIssuedCall, readIssuedList } from '../../../src/issuing/lookup.ts';

describe('finding issued certificates', () => {
  test.each([
    ['Seconds', { AfterDate: '2026-11-22 19:30:05' }],
    ['Days', { AfterDate: '2026-11-22' }],
    ['None', {}],
  ] as const)(
    'the call names the CA, a page and, in the form %s, a date that holds in every time zone',
    (form, date) => {
      const after = new Date('2026-11-23T10:30:05.500Z');
      expect(listIssuedCall({ parentIdentifier: 'ca', page: 3, after, form })).toEqual({
        action: 'ListCert',
        version: '2020-06-30',
        parameters: { ParentIdentifier: 'ca', CurrentPage: '3', ShowSize: '50', ...date },
      });
    },
  );
});

test('a page is read with what it has', () => {
  const List = [
    { Identifier: 'a', CustomIdentifier: 'x', BeforeTime: 1_767_225_600_000 },
    { Identifier: 'b' },
    {},
    null,
  ];
  expect(readIssuedList({ List, TotalCount: '4' })).toEqual({
    kind: 'ok',
    total: 4,
    items: [
      { identifier: 'a', customIdentifier: 'x', issuedAt: new Date('2026-01-01T00:00:00Z') },
      { identifier: 'b', customIdentifier: undefined, issuedAt: undefined },
    ],
  });
  expect(readIssuedList({ TotalCount: 0 })).toEqual({ kind: 'ok', items: [], total: 0 });
});

test.each([undefined, 'x', [], {}, { TotalCount: 3 }, { List: 'x', TotalCount: 0 }])('%j is no page', (body) => {
  const message = 'The answer to ListCert holds no list of certificates.';
  expect(readIssuedList(body)).toEqual({ kind: 'malformed', message });
});
