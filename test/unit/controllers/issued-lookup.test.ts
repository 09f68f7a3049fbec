// Finding what was issued by its identifier: whatever form of date the service takes, in a window, once for all who ask.
import { expect, test } from 'vitest';
import { CallBudget } from '../../../src/alibaba/limits/rate-limit.ts';
import type { PcaOutcome } from '../../../src/alibaba/pca-client.ts';
import { IssuedLookup } from '../../../src/controllers/issued-lookup.ts';
import { clientCertificates } from '../../../src/issuing/certificate-store.ts';
import type { IssueCall } from '../../../src/issuing/operation.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const day = 24 * 3_600_000;
const never = new AbortController().signal;
const malformed: PcaOutcome = {
  kind: 'failed',
  failure: {
    class: 'RequestRejected',
    code: 'InvalidParameter.Date',
    httpStatus: 400,
    requestId: 'r',
    message: 'The date is malformed.',
    accessDenied: undefined,
    mayHaveIssued: false,
  },
};

/** A service with one certificate per hour of the last ten days, which takes AfterDate in some forms. */
function service(takes: (date: string) => boolean, ignores = false) {
  const calls: IssueCall[] = [];
  const all = Array.from({ length: 240 }, (_, hours) => ({ identifier: `c${hours}`, at: now - hours * 3_600_000 }));
  const answer = (call: IssueCall): PcaOutcome => {
    calls.push(call);
    if (call.action !== 'ListCert') {
      const body = { Certificate: { Identifier: 'c', X509Certificate: 'pem', CertChain: 'chain' } };
      return { kind: 'ok', body, requestId: 'r' };
    }
    const { AfterDate: after, CurrentPage: page = '1' } = call.parameters;
    if (after !== undefined && !takes(after)) return malformed;
    const from =
      after === undefined || ignores ? 0 : Date.parse(`${after.replace(' ', 'T')}${after.length === 10 ? '' : 'Z'}`);
    const found = all.filter(({ at }) => at >= from);
    const List = found
      .slice((Number(page) - 1) * 50, Number(page) * 50)
      .map(({ identifier, at }) => ({ Identifier: identifier, CustomIdentifier: `id-${identifier}`, BeforeTime: at }));
    return { kind: 'ok', body: { List, TotalCount: found.length }, requestId: 'r' };
  };
  const pace = { budget: new CallBudget({ now: () => calls.length * 1_000 }), account: 'a', region: 'r' };
  const store = clientCertificates;
  const client = { call: (call: IssueCall) => Promise.resolve(answer(call)) };
  const lookup = new IssuedLookup(client, { parentIdentifier: 'ca', store, pace }, () => now);
  const lists = () => calls.filter(({ action }) => action === 'ListCert').length;
  return { lookup, lists };
}

const window = { since: now, from: now - day };

test.each([
  ['seconds', (date: string) => date.length === 19, false, 1],
  ['days', (date: string) => date.length === 10, false, 3],
  ['no dates', () => false, false, 7],
  ['any date, without heeding it', () => true, true, 5],
])('a service that takes %s: found and absent are right', async (_, takes, ignores, pages) => {
  const { lookup, lists } = service(takes, ignores);
  const found = await lookup.find('id-c20', window, never);
  const absent = await lookup.find('id-unknown', window, never);
  expect({ found: found.kind, absent: absent.kind, pages: lists() }).toEqual({
    found: 'found',
    absent: 'absent',
    pages,
  });
});

test('a hundred who ask at the same time cost one reading', async () => {
  const { lookup, lists } = service(() => true);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => lookup.find(`id-none-${n}`, { since: now, from: now - n * 60_000 }, never)),
  );
  expect({ kinds: new Set(answers.map(({ kind }) => kind)), pages: lists() }).toEqual({
    kinds: new Set(['absent']),
    pages: 1,
  });
});

test('who asks about an older time gets a reading that goes further back', async () => {
  const { lookup, lists } = service(() => true);
  await lookup.find('id-none', window, never);
  const before = lists();
  expect((await lookup.find('id-c190', { since: now, from: now - 8 * day }, never)).kind).toBe('found');
  expect(lists()).toBeGreaterThan(before);
});
