// Finding what was issued: by its identifier whatever form of date the service takes, or by its key in the list of a store;
// in a window, and once for all who ask.
import { describe, expect, it, test } from 'vitest';
import type { PcaCall, PcaOutcome } from '../../../src/alibaba/call.ts';
import { CertificateSearch, CertificateSearches } from '../../../src/authority/certificate-search.ts';
import type { ListReference } from '../../../src/authority/certificate-search.ts';
import { clientCertificates, warehouseCertificates } from '../../../src/issuing/certificate-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { certificate, noLimits, spki, strange } from './authority-stage.ts';
import { answered, never, PcaDouble, refused } from './pca-double.ts';
import type { Answer } from './pca-double.ts';

const clock = new FakeClock();
clock.jump(Date.parse('2026-11-23T10:00:00Z') - clock.now().getTime());
const now = clock.now().getTime();
const hour = 3_600_000;
const day = 24 * hour;
const since = clock.monotonic();
const window = { since, from: now - day };
const unlimited = { rateLimit: (next: PcaDouble['call']) => next };

/** A service with one certificate per hour of the last ten days, which takes AfterDate in some forms. */
function service(takes: (date: string) => boolean, ignores = false) {
  const all = Array.from({ length: 240 }, (_, hours) => ({ identifier: `c${hours}`, at: now - hours * hour }));
  const list = ({ parameters }: PcaCall): PcaOutcome => {
    const { AfterDate: after, CurrentPage: page = '1' } = parameters;
    if (after !== undefined && !takes(after)) return refused('RequestRejected');
    const from =
      after === undefined || ignores ? 0 : Date.parse(`${after.replace(' ', 'T')}${after.length === 10 ? '' : 'Z'}`);
    const found = all.filter(({ at }) => at >= from);
    const List = found
      .slice((Number(page) - 1) * 50, Number(page) * 50)
      .map(({ identifier, at }) => ({ Identifier: identifier, CustomIdentifier: `id-${identifier}`, BeforeTime: at }));
    return answered({ List, TotalCount: found.length });
  };
  const described = answered({ Certificate: { Identifier: 'c', X509Certificate: 'pem', CertChain: 'chain' } });
  const pca = new PcaDouble({ ListCert: list, DescribeClientCertificate: described });
  const parts = { parentIdentifier: 'ca', store: clientCertificates, ...unlimited };
  const search = new CertificateSearch(pca.call, parts, clock);
  return { search, pca, lists: () => pca.seen.filter((action) => action === 'ListCert').length };
}

describe('the search by our identifier', () => {
  it.each([
    ['seconds', (date: string) => date.length === 19, false, 1],
    ['days', (date: string) => date.length === 10, false, 3],
    ['no dates', () => false, false, 7],
    ['any date, without heeding it', () => true, true, 5],
  ])('at a service that takes %s is right about found and absent', async (_, takes, ignores, pages) => {
    const { search, lists } = service(takes, ignores);
    const found = await search.find('id-c20', window, never);
    const absent = await search.find('id-unknown', window, never);
    const reply = { kind: 'issued', identifier: 'c', certificate: 'pem', chain: ['chain'], serialNumber: undefined };
    expect([found, absent, lists()]).toEqual([{ kind: 'found', reply }, { kind: 'absent' }, pages]);
  });

  it('remembers which form the service refuses', async () => {
    const { search, pca } = service((date) => date.length === 10);
    await search.find('id-none', window, never);
    const before = pca.calls.length;
    await search.find('id-none', { ...window, from: now - 3 * day }, never);
    const dates = pca.calls.slice(before).map(({ parameters }) => parameters['AfterDate']);
    expect(new Set(dates.map((date) => date?.length))).toEqual(new Set([10]));
  });

  it('reads the list once for a hundred who ask at the same time', async () => {
    const { search, lists } = service(() => true);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => search.find(`id-none-${n}`, { since, from: now - n * 60_000 }, never)),
    );
    expect([answers, lists()]).toEqual([Array.from({ length: 100 }, () => ({ kind: 'absent' })), 1]);
  });

  it('reads further back for who asks about an older time', async () => {
    const { search, lists } = service(() => true);
    await search.find('id-none', window, never);
    const before = lists();
    expect((await search.find('id-c190', { since, from: now - 8 * day }, never)).kind).toBe('found');
    expect(lists()).toBeGreaterThan(before);
  });

  it('reads nothing anew for a certificate that it has seen, however old that list is', async () => {
    const { search, pca } = service(() => true);
    await search.find('id-none', window, never);
    const before = pca.calls.length;
    expect((await search.find('id-c20', { ...window, since: since + day }, never)).kind).toBe('found');
    expect(pca.seen.slice(before)).toEqual(['DescribeClientCertificate c20']);
  });

  it('ends at an empty page where the service gives no total', async () => {
    const pages = [[{ Identifier: 'a', CustomIdentifier: 'id-a' }, { Identifier: 'b' }], []];
    const pca = new PcaDouble({
      ListCert: ({ parameters }) => answered({ List: pages[Number(parameters['CurrentPage']) - 1] }),
    });
    const search = new CertificateSearch(
      pca.call,
      { parentIdentifier: 'ca', store: clientCertificates, ...unlimited },
      clock,
    );
    expect([await search.find('id-b', window, never), pca.seen]).toEqual([
      { kind: 'absent' },
      ['ListCert', 'ListCert'],
    ]);
  });
});

describe('the search by the key', () => {
  const item = (Identifier: string, X509Certificate: string | undefined, hoursAgo = 0, Status = 'ISSUE'): object => ({
    Identifier,
    X509Certificate,
    BeforeDate: now - hoursAgo * hour,
    Status,
  });

  /** A search in the list of client certificates that has these pages. */
  function pages(total: number | undefined, ...all: readonly (readonly object[])[]) {
    const list: Answer = ({ parameters }) =>
      answered({ CertificateList: all[Number(parameters['CurrentPage']) - 1] ?? [], TotalCount: total });
    const pca = new PcaDouble({ ListClientCertificate: list });
    const parts = { parentIdentifier: 'ca', store: clientCertificates, ...unlimited };
    return { pca, search: new CertificateSearch(pca.call, parts, clock) };
  }

  it('gives the newest first, without revoked and unreadable ones and those of other keys', async () => {
    const { search, pca } = pages(
      5,
      [item('a', certificate), item('b', strange), item('c', 'no PEM')],
      [item('d', certificate, 0, 'REVOKE'), item('e', certificate)],
    );
    const listed = await search.identifiersOf(spki, window, never);
    expect([listed, pca.seen]).toEqual([
      { kind: 'ok', identifiers: ['a', 'e'] },
      ['ListClientCertificate', 'ListClientCertificate'],
    ]);
  });

  it('has nothing to give for a key that no certificate has', async () => {
    const { search } = pages(1, [item('b', strange)]);
    expect(await search.identifiersOf(spki, window, never)).toEqual({ kind: 'ok', identifiers: [] });
  });

  it('ends at the first page that is all older than the window', async () => {
    const { search, pca } = pages(
      100,
      [item('a', strange), item('b', certificate, 49)],
      [item('c', certificate, 49)],
      [item('d', certificate)],
    );
    expect(await search.identifiersOf(spki, window, never)).toEqual({ kind: 'ok', identifiers: [] });
    expect(pca.calls.length).toBe(2);
  });

  it('takes a certificate whose begin is not known for a new one', async () => {
    const { search } = pages(1, [{ Identifier: 'a', X509Certificate: certificate }]);
    expect(await search.identifiersOf(spki, window, never)).toEqual({ kind: 'ok', identifiers: ['a'] });
  });

  it.each<[string, PcaOutcome, unknown]>([
    ['fails as the list does', refused('Throttled'), refused('Throttled')],
    [
      'is unsettled after an answer without list',
      answered({}),
      { kind: 'unsettled', message: 'The answer to ListClientCertificate holds no list of certificates.' },
    ],
  ])('%s', async (_, answer, expected) => {
    const { search, pca } = pages(0);
    pca.answers = { ListClientCertificate: answer };
    expect(await search.identifiersOf(spki, window, never)).toEqual(expected);
  });

  describe('in a warehouse, whose list holds no certificates', () => {
    const list = answered({ CertList: [item('a', undefined), item('b', undefined)], TotalCount: 2 });
    const contents: Readonly<Record<string, string>> = { a: strange, b: certificate };
    const described: Answer = ({ parameters: { CertIdentifier = '' } }) =>
      answered({ CertIdentifier, Content: contents[CertIdentifier] });

    function warehouse(describe: Answer) {
      const pca = new PcaDouble({ ListCert: list, DescribeWarehouseCert: describe });
      const parts = { parentIdentifier: 'ca', store: warehouseCertificates, ...unlimited };
      return { pca, search: new CertificateSearch(pca.call, parts, clock) };
    }

    it('reads each certificate once', async () => {
      const { search, pca } = warehouse(described);
      const first = await search.identifiersOf(spki, window, never);
      const second = await search.identifiersOf(spki, { ...window, from: now - 2 * day }, never);
      expect([first, second, pca.seen]).toEqual([
        { kind: 'ok', identifiers: ['b'] },
        { kind: 'ok', identifiers: ['b'] },
        ['ListCert', 'DescribeWarehouseCert a', 'DescribeWarehouseCert b', 'ListCert'],
      ]);
    });

    it.each<[string, PcaOutcome, unknown]>([
      [
        'is unsettled while one is not finished, which may be the one that is looked for',
        answered({ CertIdentifier: 'a' }),
        { kind: 'unsettled', message: 'PCA knows certificate a but has not finished it yet.' },
      ],
      ['fails as reading one does', refused('Transient'), refused('Transient')],
    ])('%s', async (_, answer, expected) => {
      expect(await warehouse(answer).search.identifiersOf(spki, window, never)).toEqual(expected);
    });
  });
});

describe('the searches of all issuers', () => {
  const reference: ListReference = {
    endpoint: { protocol: 'HTTPS', host: 'pca.test', caBundle: undefined, region: 'cn-hangzhou' },
    account: '42',
    parentIdentifier: 'ca',
    store: clientCertificates,
  };
  const empty: Answer = answered({ List: [], TotalCount: 0 });

  it('are one for each list, so that what was read serves every issuer', async () => {
    const searches = new CertificateSearches(noLimits, clock);
    const [first, second] = [new PcaDouble({ ListCert: empty }), new PcaDouble({ ListCert: empty })];
    await searches.of(first.call, reference).find('id', window, never);
    await searches.of(second.call, { ...reference }).find('id', window, never);
    expect([first.seen, second.seen]).toEqual([['ListCert'], []]);
  });

  it('read with the credentials of who asks, whoever asked before or after', async () => {
    const searches = new CertificateSearches(noLimits, clock);
    const described = answered({ Certificate: { Identifier: 'c', X509Certificate: 'pem', CertChain: 'chain' } });
    const allowed = new PcaDouble({ ListCert: empty, DescribeClientCertificate: described });
    const denial = refused('Permission', { message: 'B may not.' });
    const denied = new PcaDouble({ ListCert: denial, DescribeClientCertificate: denial });
    const [ofA, ofB] = [searches.of(allowed.call, reference), searches.of(denied.call, reference)];
    // The other one has begun to read when the first asks.
    const [other, found] = await Promise.all([ofB.find('id', window, never), ofA.find('id', window, never)]);
    expect([other, found]).toEqual([denial, { kind: 'absent' }]);
    expect((await ofA.read('c', never)).kind).toBe('found');
    expect([denied.seen, allowed.seen]).toEqual([['ListCert'], ['ListCert', 'DescribeClientCertificate c']]);
  });

  test.each<[string, Partial<ListReference>]>([
    ['account', { account: '7' }],
    ['CA', { parentIdentifier: 'other' }],
    ['store', { store: warehouseCertificates }],
    ['host', { endpoint: { ...reference.endpoint, host: 'other.test' } }],
    ['protocol', { endpoint: { ...reference.endpoint, protocol: 'HTTP' } }],
  ])('are others for another %s', (_, change) => {
    const searches = new CertificateSearches(noLimits, clock);
    const pca = new PcaDouble();
    expect(searches.of(pca.call, { ...reference, ...change })).not.toBe(searches.of(pca.call, reference));
  });

  it('keep the pages of lists, and nothing else, within the limits of the account', async () => {
    const reserved: unknown[] = [];
    const throttled: unknown[] = [];
    const limits = {
      reserve: (limit: unknown) => {
        reserved.push(limit);
        return { kind: 'granted' } as const;
      },
      throttled: (limit: unknown) => void throttled.push(limit),
    };
    const answers = [
      refused('Throttled'),
      answered({ List: [{ Identifier: 'c', CustomIdentifier: 'id' }], TotalCount: 1 }),
    ];
    const pca = new PcaDouble({
      ListCert: () => answers.shift() ?? refused('Unknown'),
      DescribeClientCertificate: answered({ Certificate: { Identifier: 'c' } }),
    });
    const found = await new CertificateSearches(limits, clock).of(pca.call, reference).find('id', window, never);
    const limit = { account: '42', region: 'cn-hangzhou', action: 'ListCert' };
    expect([found.kind, pca.seen, reserved, throttled]).toEqual([
      'pending',
      ['ListCert', 'ListCert', 'DescribeClientCertificate c'],
      [limit, limit],
      [limit],
    ]);
  });
});

describe('a list that somebody writes to do harm', () => {
  /** A search in a list of these pages, and what was asked for. */
  function hostile(page: (number: number) => readonly object[], total?: number) {
    const list: Answer = ({ parameters }) =>
      answered({
        List: page(Number(parameters['CurrentPage'])),
        ...(total === undefined ? {} : { TotalCount: total }),
      });
    const described = answered({ Certificate: { Identifier: 'c', X509Certificate: 'pem' } });
    const pca = new PcaDouble({ ListCert: list, DescribeClientCertificate: described });
    const parts = { parentIdentifier: 'ca', store: clientCertificates, ...unlimited };
    return { pca, search: new CertificateSearch(pca.call, parts, new FakeClock()) };
  }
  const items = (page: number, count = 50): readonly object[] =>
    Array.from({ length: count }, (_, n) => ({ Identifier: `c-${page}-${n}`, CustomIdentifier: `id-${page}-${n}` }));
  const unsettled = (message: string): unknown => ({ kind: 'unsettled', message });
  const endless = (fault: string): unknown =>
    unsettled(
      `The list of the CA's certificates ${fault}, so nobody can tell what it lacks. It is read again within the hour.`,
    );

  it.each<[string, (page: number) => readonly object[], unknown, number]>([
    ['never ends', (page) => items(page), endless('has more than 10000 pages'), 10_000],
    [
      'gives the same page for ever',
      () => items(1),
      endless('holds the same certificates on one page after the other'),
      2,
    ],
    [
      'gives one identifier to all',
      (page) => items(page).map((item) => ({ ...item, CustomIdentifier: 'id' })),
      endless('holds hundreds of certificates with one key or identifier'),
      6,
    ],
    [
      'has pages of any size',
      (page) => items(page, 51),
      unsettled('The answer to ListCert holds 51 certificates on a page for which 50 were asked.'),
      1,
    ],
    [
      'has pages without identifiers',
      () => items(1).map(() => ({ Identifier: 'x'.repeat(4_000) })),
      unsettled('The answer to ListCert holds no certificate with an identifier.'),
      1,
    ],
  ])('%s: nothing is absent from it', async (_, page, expected, pages) => {
    const { search, pca } = hostile(page);
    expect(await search.find('wanted', window, never)).toEqual(expected);
    expect(pca.calls.length).toBe(pages);
  });

  it('is not read again and again for who asks again and again', async () => {
    const { search, pca } = hostile(() => items(1));
    for (let n = 0; n < 20; n += 1) await search.find(`wanted-${n}`, { ...window, since: now + n }, never);
    expect(pca.calls.length).toBe(2);
  });

  it('that is only long is right about those who wait, and is read again for who came later', async () => {
    const total = 200 * 50;
    const { search, pca } = hostile((page) => (page > 200 ? [] : items(page)), total);
    expect((await search.find('id-199-7', window, never)).kind).toBe('found');
    expect(await search.find('id-absent', window, never)).toEqual({ kind: 'absent' });
    expect(pca.seen.filter((action) => action === 'ListCert').length).toBe(2 * 200);
  });
});
