import { describe, expect, test } from 'vitest';

import { clientCertificates, warehouseCertificates } from '../../../src/issuing/certificate-store.ts';
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
    entries: 4,
    items: [
      { identifier: 'a', customIdentifier: 'x', issuedAt: new Date('2026-01-01T00:00:00Z') },
      { identifier: 'b', customIdentifier: undefined, issuedAt: undefined },
    ],
  });
});

test.each([undefined, 'x', [], {}, { TotalCount: 3 }, { List: 'x', TotalCount: 0 }])('%j is no page', (body) => {
  const message = 'The answer to ListCert holds no list of certificates.';
  expect(readIssuedList(body)).toEqual({ kind: 'malformed', message });
});

describe.each<[string, string, (body: unknown) => unknown]>([
  ["a CA's certificates", 'List', readIssuedList],
  ['client and server certificates', 'CertificateList', (body) => clientCertificates.readList(body)],
  ['the certificates of a warehouse', 'CertList', (body) => warehouseCertificates.readList(body)],
])('the list of %s', (_, member, read) => {
  const item = { Identifier: 'a' };

  test.each<[string, object, number | undefined]>([
    ['empty, without its list', { TotalCount: 0 }, 0],
    ['empty, with null for a list', { [member]: null, TotalCount: 0 }, 0],
    ['empty, with null for a list and no total', { [member]: null }, undefined],
    ['empty', { [member]: [], TotalCount: '0' }, 0],
    ['empty after others', { [member]: [], TotalCount: 50 }, 50],
  ])('is %s', (_name, body, total) => {
    expect(read(body)).toEqual({ kind: 'ok', items: [], entries: 0, total });
  });

  test.each<[string, object]>([
    ['null for a list, of so many', { [member]: null, TotalCount: 3 }],
    ['neither a list nor a total', {}],
    ['an object for a list', { [member]: { 0: item }, TotalCount: 1 }],
    ['no list and a total that is none', { TotalCount: -1 }],
  ])('says nothing with %s', (_name, body) => {
    expect(read(body)).toMatchObject({ kind: 'malformed' });
  });

  test.each([-1, 0, 1, 1.5, '-2', 'NaN', 1e300, null, {}])('does not end early with a total of %j', (TotalCount) => {
    expect(read({ [member]: [item, { Identifier: 'b' }], TotalCount })).toMatchObject({ entries: 2, total: undefined });
  });

  test('counts what cannot be read as well, so that no page after the last is asked for', () => {
    expect(read({ [member]: [item, {}, null], TotalCount: 3 })).toMatchObject({ entries: 3, total: 3 });
  });
});
