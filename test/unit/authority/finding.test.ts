// What every trace of an earlier call leads to: whether a certificate exists decides whether a second one is paid for.
import { describe, expect, it } from 'vitest';
import type { PcaOutcome } from '../../../src/alibaba/call.ts';
import type { Found } from '../../../src/authority/certificate-authority.ts';
import { certificate, requestedAt, stage, strange } from './authority-stage.ts';
import { answered, never, refused } from './pca-double.ts';
import type { Answer } from './pca-double.ts';

const day = 24 * 3_600_000;
/** The answer to DescribeClientCertificate for a certificate. */
const described = (pem?: string, identifier = 'c1', fields: object = {}): PcaOutcome =>
  answered({ Certificate: { Identifier: identifier, X509Certificate: pem, CertChain: 'CHAIN', ...fields } });
const found = (pem: string, identifier = 'c1'): Found => ({
  kind: 'found',
  reply: { kind: 'issued', identifier, certificate: pem, chain: ['CHAIN'], serialNumber: undefined },
});
const pending: Found = { kind: 'pending', message: 'PCA knows certificate c1 but has not finished it yet.' };

describe('a certificate that PCA accepted', () => {
  it.each<[string, PcaOutcome, Found]>([
    ['is found when it is finished', described('PEM'), found('PEM')],
    ['is pending while it is not finished', described(), pending],
    [
      'is pending after an answer without certificate',
      answered({ Certificate: {} }),
      {
        kind: 'pending',
        message:
          'The answer to DescribeClientCertificate holds neither a certificate nor an identifier. (certificate c1)',
      },
    ],
    ['is known to be revoked', described('PEM', 'c1', { Status: 'REVOKE' }), { kind: 'revoked', identifier: 'c1' }],
    ['fails as the call does', refused('Transient'), refused('Transient')],
  ])('%s', async (_, answer, expected) => {
    const { authority, pca, wanted } = stage({ answers: { DescribeClientCertificate: answer } });
    expect(await authority.find(wanted({ kind: 'accepted', identifier: 'c1', since: 0 }), never)).toEqual(expected);
    expect(pca.seen).toEqual(['DescribeClientCertificate c1']);
  });
});

describe('a certificate that PCA accepted and does not know', () => {
  const minutes = 5 * 60_000;
  const notFound = refused('Unknown', { code: 'NotFound', httpStatus: 404 });
  const absent = answered({ List: [], TotalCount: 0 });

  it.each<[string, number, Found, readonly string[]]>([
    [
      'is waited for during five minutes',
      minutes - 1,
      { kind: 'unsettled', message: 'PCA gave certificate c1 but does not know it now.' },
      ['DescribeClientCertificate c1'],
    ],
    [
      'is looked for by our identifier then, and may be gone',
      minutes,
      { kind: 'absent' },
      ['DescribeClientCertificate c1', 'ListCert'],
    ],
  ])('%s', async (_, passed, expected, seen) => {
    const answers = { DescribeClientCertificate: notFound, ListCert: absent };
    const { authority, pca, clock, wanted } = stage({ answers });
    const trace = { kind: 'accepted', identifier: 'c1', since: clock.monotonic() - passed } as const;
    expect(await authority.find(wanted(trace), never)).toEqual(expected);
    expect(pca.seen).toEqual(seen);
  });

  it('is looked for by its key where the operation takes no identifier', async () => {
    const answers = {
      DescribeClientCertificate: notFound,
      ListClientCertificate: answered({ CertificateList: [], TotalCount: 0 }),
    };
    const { authority, pca, clock, wanted } = stage({ spec: { operation: 'CreateCertificateWithExtension' }, answers });
    const trace = { kind: 'accepted', identifier: 'c1', since: clock.monotonic() - minutes } as const;
    expect(await authority.find(wanted(trace), never)).toEqual({ kind: 'absent' });
    expect(pca.seen).toEqual(['DescribeClientCertificate c1', 'ListClientCertificate']);
  });

  it.each<[string, number, Found]>([
    [
      'is waited for where the list has it',
      minutes - 1,
      { kind: 'unsettled', message: 'PCA gave certificate c1 but does not know it now.' },
    ],
    ['is gone then, although the list has it', minutes, { kind: 'absent' }],
  ])('%s', async (_, passed, expected) => {
    const { authority, pca, plan, clock, wanted } = stage();
    const List = [{ Identifier: 'c1', CustomIdentifier: plan.identifier }];
    pca.answers = { DescribeClientCertificate: notFound, ListCert: answered({ List, TotalCount: 1 }) };
    const trace = { kind: 'unknown', since: clock.monotonic() - passed } as const;
    expect(await authority.find(wanted(trace), never)).toEqual(expected);
  });
});

it('a certificate that was deleted after the list was read is looked for in a newer one', async () => {
  const { authority, pca, plan, clock, wanted } = stage();
  const List = [{ Identifier: 'c1', CustomIdentifier: plan.identifier }];
  pca.answers = { DescribeClientCertificate: described('PEM'), ListCert: answered({ List, TotalCount: 1 }) };
  await authority.find(wanted({ kind: 'unknown', since: clock.monotonic() }), never);
  clock.advance(1);
  pca.answers = {
    DescribeClientCertificate: refused('Unknown', { code: 'NotFound' }),
    ListCert: answered({ List: [], TotalCount: 0 }),
  };
  expect(await authority.find(wanted({ kind: 'unknown', since: clock.monotonic() }), never)).toEqual({
    kind: 'absent',
  });
});

it.each([3_600_000, -3_600_000])(
  'a wall clock that is set by %i ms makes no old list newer, and no call older',
  async (ms) => {
    const { authority, pca, clock, wanted } = stage({ answers: { ListCert: answered({ List: [], TotalCount: 0 }) } });
    await authority.find(wanted({ kind: 'unknown', since: clock.monotonic() }), never);
    clock.jump(ms);
    clock.advance(1);
    const since = clock.monotonic();
    await authority.find(wanted({ kind: 'unknown', since }), never);
    await authority.find(wanted({ kind: 'unknown', since }), never);
    expect(pca.calls.length).toBe(2);
  },
);

describe('a call with our identifier of which nothing was heard', () => {
  const listed = (CustomIdentifier: string | undefined): PcaOutcome =>
    answered({ List: [{ Identifier: 'c1', CustomIdentifier }], TotalCount: 1 });

  it.each<[string, (ours: string | undefined) => PcaOutcome, Found, readonly string[]]>([
    ['is found by it', listed, found('PEM'), ['ListCert', 'DescribeClientCertificate c1']],
    ['left nothing where the list has only others', () => listed('other'), { kind: 'absent' }, ['ListCert']],
    [
      'is unsettled where the answer holds no list',
      () => answered({}),
      { kind: 'unsettled', message: 'The answer to ListCert holds no list of certificates.' },
      ['ListCert'],
    ],
    ['fails as the list does', () => refused('Permission'), refused('Permission'), ['ListCert']],
  ])('%s', async (_, list, expected, seen) => {
    const { authority, pca, plan, clock, wanted } = stage();
    pca.answers = { ListCert: list(plan.identifier), DescribeClientCertificate: described('PEM') };
    const trace = { kind: 'unknown', since: clock.monotonic() } as const;
    expect(await authority.find(wanted(trace), never)).toEqual(expected);
    expect(pca.seen).toEqual(seen);
  });

  it('is looked for in a list that begins an hour before the request, in the form of the service', async () => {
    const { authority, pca, clock, wanted } = stage({ answers: { ListCert: listed('other') } });
    await authority.find(wanted({ kind: 'unknown', since: clock.monotonic() }), never);
    // The request was made at 00:59:59.999, so an hour before it is still the day before; 15 h are for the zone.
    expect(pca.calls.map(({ parameters }) => parameters)).toEqual([
      { ParentIdentifier: 'ca', CurrentPage: '1', ShowSize: '50', AfterDate: '2026-11-19 09:00:00' },
    ]);
  });

  it('is looked for in a list that was read after the call', async () => {
    const { authority, pca, clock, wanted } = stage({ answers: { ListCert: listed('other') } });
    const since = clock.monotonic();
    await authority.find(wanted({ kind: 'unknown', since }), never);
    await authority.find(wanted({ kind: 'unknown', since }), never);
    expect(pca.calls.length).toBe(1);
    clock.advance(1);
    await authority.find(wanted({ kind: 'unknown', since: since + 1 }), never);
    expect(pca.calls.length).toBe(2);
  });
});

describe('a call without identifier of which nothing was heard', () => {
  const operation = 'CreateCertificateWithExtension';
  const spec = { operation } as const;
  const item = (Identifier: string, X509Certificate: string, fields: object = {}): object => ({
    Identifier,
    X509Certificate,
    BeforeDate: requestedAt.getTime(),
    Status: 'ISSUE',
    ...fields,
  });
  const list = (...items: readonly object[]): PcaOutcome =>
    answered({ CertificateList: items, TotalCount: items.length });
  /** Describes c1, c2 … as certificates for the request's key. */
  const describes: Answer = ({ parameters }) => described(certificate, parameters['Identifier']);

  it.each([
    [0, 10],
    [3_500, 7],
    [9_999, 1],
  ])('is not looked for after %i ms, but %i s later', async (passed, seconds) => {
    const { authority, pca, clock, wanted } = stage({ spec });
    const since = clock.monotonic() - passed;
    expect(await authority.find(wanted({ kind: 'unknown', since }), never)).toEqual({
      kind: 'unsettled',
      message: `CreateCertificateWithExtension was called, or may have been, without an answer that was seen. It takes no identifier, so its certificate is looked for by its key, in ${seconds} s.`,
    });
    expect(pca.calls).toEqual([]);
  });

  it.each<[string, PcaOutcome, Answer, Found, readonly string[]]>([
    [
      'is found by the key',
      list(item('c0', strange), item('c1', certificate)),
      describes,
      found(certificate),
      ['ListClientCertificate', 'DescribeClientCertificate c1'],
    ],
    [
      'left nothing where no certificate has the key',
      list(item('c0', strange)),
      describes,
      { kind: 'absent' },
      ['ListClientCertificate'],
    ],
    [
      'left nothing where the certificate was revoked',
      list(item('c1', certificate, { Status: 'REVOKE' })),
      describes,
      { kind: 'absent' },
      ['ListClientCertificate'],
    ],
    [
      'is pending while the newest certificate for the key is not finished',
      list(item('c1', certificate), item('c2', certificate)),
      described(),
      pending,
      ['ListClientCertificate', 'DescribeClientCertificate c1'],
    ],
    [
      'fails as reading the certificate does',
      list(item('c1', certificate), item('c2', certificate)),
      refused('Throttled'),
      refused('Throttled'),
      ['ListClientCertificate', 'DescribeClientCertificate c1'],
    ],
    ['fails as the list does', refused('Permission'), describes, refused('Permission'), ['ListClientCertificate']],
  ])('%s', async (_, listAnswer, describeAnswer, expected, seen) => {
    const answers = { ListClientCertificate: listAnswer, DescribeClientCertificate: describeAnswer };
    const { authority, pca, clock, wanted } = stage({ spec, answers });
    const trace = { kind: 'unknown', since: clock.monotonic() - 10_000 } as const;
    expect(await authority.find(wanted(trace), never)).toEqual(expected);
    expect(pca.seen).toEqual(seen);
  });

  it.each<[string, readonly string[], Found, readonly string[]]>([
    ['the newest is not what was asked for', ['c2'], found(certificate, 'c2'), ['c1', 'c2']],
    ['none is what was asked for', [], { kind: 'absent' }, ['c1', 'c2', 'c3']],
  ])('among several certificates for the key is the one that was asked for: %s', async (_, right, expected, read) => {
    const answers = {
      ListClientCertificate: list(item('c1', certificate), item('c2', certificate), item('c3', certificate)),
      DescribeClientCertificate: describes,
    };
    const { authority, pca, clock, wanted } = stage({ spec, answers });
    const trace = { kind: 'unknown', since: clock.monotonic() - 10_000 } as const;
    const isWanted = ({ identifier = '' }: { readonly identifier: string | undefined }) => right.includes(identifier);
    expect(await authority.find(wanted(trace, { isWanted }), never)).toEqual(expected);
    expect(pca.seen.slice(1)).toEqual(read.map((identifier) => `DescribeClientCertificate ${identifier}`));
  });

  it('is looked for in a list that was read ten seconds after it', async () => {
    const { authority, pca, clock, wanted } = stage({ spec, answers: { ListClientCertificate: list() } });
    const now = clock.monotonic();
    await authority.find(wanted({ kind: 'unknown', since: now - 10_000 }), never);
    clock.advance(5_000);
    await authority.find(wanted({ kind: 'unknown', since: now - 10_000 }), never);
    expect(pca.calls.length).toBe(1);
    await authority.find(wanted({ kind: 'unknown', since: now - 9_999 }), never);
    expect(pca.calls.length).toBe(2);
  });

  it('is looked for among certificates that begin up to 25 hours before the request', async () => {
    // 25 hours before it is just the day before yesterday, of which the whole is read.
    const begin = Math.floor(requestedAt.getTime() / day) * day - 2 * day;
    const at = async (BeforeDate: number): Promise<string> => {
      const answers = {
        ListClientCertificate: list(item('c1', certificate, { BeforeDate })),
        DescribeClientCertificate: describes,
      };
      const { authority, clock, wanted } = stage({ spec, answers });
      return (await authority.find(wanted({ kind: 'unknown', since: clock.monotonic() - 10_000 }), never)).kind;
    };
    expect([await at(begin), await at(begin - 1)]).toEqual(['found', 'absent']);
  });
});

describe('an instance that was bought', () => {
  const status = (fields: object | undefined): PcaOutcome =>
    answered({ InstanceStatusList: fields === undefined ? [] : [{ InstanceId: 'one', ...fields }] });
  const used = status({ Status: 'USED', Identifier: 'ca-1' });
  const asked = ['GetCAInstanceStatus one'];
  const both = [...asked, 'DescribeCACertificate ca-1'];
  const describedAs = (X509Certificate: string, Status = 'ISSUE'): PcaOutcome =>
    answered({ Certificate: { Identifier: 'ca-1', Status, X509Certificate, CaCertChain: 'CHAIN' } });

  it.each<[string, PcaOutcome, PcaOutcome, Found, readonly string[]]>([
    ['is free where PCA says so', status({ Status: 'BUY' }), answered({}), { kind: 'absent' }, asked],
    ['is taken when it was refunded', status({ Status: 'REFUND' }), answered({}), { kind: 'taken' }, asked],
    ['is taken where PCA does not know it', status(undefined), answered({}), { kind: 'taken' }, asked],
    ['is taken where PCA does not say by whom', status({ Status: 'USED' }), answered({}), { kind: 'taken' }, asked],
    ['brings the certificate for our key', used, describedAs(certificate), found(certificate, 'ca-1'), both],
    ['is known to be revoked', used, describedAs(certificate, 'REVOKE'), { kind: 'revoked', identifier: 'ca-1' }, both],
    ['is taken where it was used for another key', used, describedAs(strange), { kind: 'taken' }, both],
    [
      'waits for a certificate that is not there yet',
      used,
      describedAs(''),
      {
        kind: 'pending',
        message: 'CreateExternalCACertificate was called, but PCA has not given the certificate yet.',
      },
      both,
    ],
    [
      'is pending where the CA that it was used for is described without certificate and name',
      used,
      answered({}),
      {
        kind: 'pending',
        message: 'The answer to DescribeCACertificate holds neither a certificate nor an identifier.',
      },
      both,
    ],
    [
      'is pending where nobody can read for whom it was used',
      used,
      describedAs('no PEM'),
      {
        kind: 'pending',
        message:
          "PCA's certificate of CA ca-1, for which the instance was used, cannot be read: a text holds no PEM certificate.",
      },
      both,
    ],
    [
      'is unsettled where the answer lists no instances',
      answered({}),
      answered({}),
      { kind: 'unsettled', message: 'The answer to GetCAInstanceStatus holds no list of instances.' },
      asked,
    ],
    ['fails as its status does', refused('Permission'), answered({}), refused('Permission'), asked],
    ['fails as the description of its CA does', used, refused('Transient'), refused('Transient'), both],
  ])('%s', async (_, statusAnswer, describeAnswer, expected, seen) => {
    const answers = { GetCAInstanceStatus: statusAnswer, DescribeCACertificate: describeAnswer };
    const { authority, pca, wanted } = stage({ answers });
    expect(await authority.find(wanted({ kind: 'instance', instanceId: 'one' }), never)).toEqual(expected);
    expect(pca.seen).toEqual(seen);
  });
});
