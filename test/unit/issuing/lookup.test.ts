import { describe, expect, test } from 'vitest';

import { listIssuedCall, readIssuedList } from '../../../src/issuing/lookup.ts';

describe('finding issued certificates', () => {
  test('the call names the CA and a page', () => {
    expect(listIssuedCall({ parentIdentifier: 'ca', page: 3 })).toEqual({
      action: 'ListCert',
      version: '2020-06-30',
      parameters: { ParentIdentifier: 'ca', CurrentPage: '3', ShowSize: '50' },
    });
  });
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
