// Which requests go first.
import { expect, test } from 'vitest';
import { rankOf } from '../../../src/controllers/call-rank.ts';
import type { OwningCertificateRead } from '../../../src/controllers/owning-certificate.ts';

const now = new Date('2026-11-23T10:00:00Z');
const certificate = { namespace: 'ns', name: 'web' };
const until = (notAfter: string | undefined): OwningCertificateRead => ({
  kind: 'ok',
  certificate: { renewBeforeSeconds: undefined, notAfter: notAfter === undefined ? undefined : new Date(notAfter) },
});

test.each([
  ['one that was called for before', 1, { certificate, revision: 1 }, until(undefined), 'Retry'],
  ['the first of a Certificate', 0, { certificate, revision: 1 }, until('2026-12-23T10:00:00Z'), 'Urgent'],
  ['one without Certificate', 0, { certificate: undefined, revision: undefined }, until(undefined), 'Urgent'],
  ['a renewal with a month left', 0, { certificate, revision: 2 }, until('2026-12-23T10:00:00Z'), 'Renewal'],
  ['a renewal with hours left', 0, { certificate, revision: 2 }, until('2026-11-23T20:00:00Z'), 'Urgent'],
  ['a renewal after the end', 0, { certificate, revision: 2 }, until('2026-11-22T20:00:00Z'), 'Urgent'],
  ['a later revision without a certificate', 0, { certificate, revision: 3 }, until(undefined), 'Urgent'],
  ['a Certificate that cannot be read', 0, { certificate, revision: 2 }, { kind: 'failed', message: '' }, 'Renewal'],
] as const)('%s', async (_, calls, request, read, rank) => {
  const on = { owningCertificate: () => Promise.resolve<OwningCertificateRead>(read), now: () => now };
  expect(await rankOf(request, { calls }, on, new AbortController().signal)).toBe(rank);
});
