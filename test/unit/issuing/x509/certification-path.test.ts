// Whether certificates are valid, told before and after the call as OpenSSL tells it: random paths with a fault in one place.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyIssued } from '../../../../src/issuing/issued-certificate.ts';
import { assessIssuingCA, readIssuingCA } from '../../../../src/issuing/issuing-ca.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';
import { planIssuing } from '../../../../src/issuing/plan.ts';
import { describedCA, Extension, issue, makeCA, makeCsr } from '../../../support/certificates.ts';
import type { CAContent, TestCA, TestName } from '../../../support/certificates.ts';
import * as der from '../../../support/der.ts';
import { clusterUid, fulfil, issuerSpec, now, plan, reply, signingRequest } from '../../../support/issuing.ts';

const numRuns = process.env['TEST_FULL'] === '1' ? 500 : 40;
const timeout = 20_000 + numRuns * 500;
const from = new Date('2026-01-01T00:00:00Z');
const until = new Date('2036-01-01T00:00:00Z');
const begin = new Date('2026-11-23T10:00:00Z');
const end = new Date(begin.getTime() + 90 * 86_400_000);

/** What one of the CAs' certificates has instead; `at` counts from the issuing CA, round and round. */
interface Oddity {
  readonly what: string;
  readonly at: number;
  readonly content: Partial<CAContent>;
  /** Signed by somebody else of the name of its issuer. */
  readonly isForged?: boolean;
}

/** A path and a certificate below it. */
interface Case {
  readonly depth: number;
  readonly oddity: Oddity;
  readonly names: readonly TestName[];
  readonly commonName: string;
  readonly leafExtensions: readonly Extension[];
}

const base: Readonly<Record<TestName['kind'], (value: string) => Buffer>> = {
  email: (value) => der.tlv(0x81, Buffer.from(value)),
  dns: (value) => der.tlv(0x82, Buffer.from(value)),
  uri: (value) => der.tlv(0x86, Buffer.from(value)),
  ip: (value) => der.tlv(0x87, Buffer.from(value, 'hex')),
  dn: (value) => der.tlv(0xa4, der.nameOf(value.split('/'))),
};

/** NameConstraints with these subtrees. */
function constraints(permitted: readonly TestName[], excluded: readonly TestName[]): Extension {
  const list = (tag: number, subtrees: readonly TestName[]): readonly Buffer[] =>
    subtrees.length === 0 ? [] : [der.tlv(tag, ...subtrees.map(({ kind, value }) => der.sequence(base[kind](value))))];
  return new Extension('2.5.29.30', true, der.sequence(...list(0xa0, permitted), ...list(0xa1, excluded)));
}

const subtree: fc.Arbitrary<TestName> = fc.constantFrom(
  { kind: 'dns', value: 'a.example' },
  { kind: 'dns', value: 'A.Example' },
  { kind: 'dns', value: '.a.example' },
  { kind: 'dns', value: 'b.a.example' },
  { kind: 'dns', value: 'example' },
  { kind: 'dns', value: 'other' },
  { kind: 'ip', value: '0a000000ff000000' },
  { kind: 'ip', value: '0a010000ffff0000' },
  { kind: 'ip', value: `20010db8${'00'.repeat(12)}ffffffff${'00'.repeat(12)}` },
  { kind: 'email', value: 'x@a.example' },
  { kind: 'email', value: 'a.example' },
  { kind: 'email', value: '.example' },
  { kind: 'uri', value: 'a.example' },
  { kind: 'uri', value: '.example' },
  { kind: 'dn', value: 'a.example' },
  { kind: 'dn', value: 'A.EXAMPLE' },
  { kind: 'dn', value: 'other' },
);
const subtrees = fc.array(subtree, { maxLength: 3 });

const name: fc.Arbitrary<TestName> = fc.constantFrom(
  { kind: 'dns', value: 'a.example' },
  { kind: 'dns', value: 'b.a.example' },
  { kind: 'dns', value: 'xa.example' },
  { kind: 'dns', value: 'B.A.EXAMPLE' },
  { kind: 'dns', value: '*.c.example' },
  { kind: 'ip', value: '10.0.0.1' },
  { kind: 'ip', value: '10.1.2.3' },
  { kind: 'ip', value: '192.168.0.1' },
  { kind: 'ip', value: '2001:db8::1' },
  { kind: 'ip', value: 'fd00::1' },
  { kind: 'email', value: 'x@a.example' },
  { kind: 'email', value: 'X@a.example' },
  { kind: 'email', value: 'x@A.EXAMPLE' },
  { kind: 'email', value: 'y@b.a.example' },
  { kind: 'uri', value: 'https://a.example/path' },
  { kind: 'uri', value: 'https://A.example:8443/' },
  { kind: 'uri', value: 'spiffe://b.a.example/ns/x' },
  { kind: 'uri', value: 'urn:a.example' },
);

const unknown = (isCritical: boolean): Extension => new Extension('1.2.3.4', isCritical, Buffer.from('0500', 'hex'));
const hour = 3_600_000;

const oddity: fc.Arbitrary<Oddity> = fc.oneof(
  fc
    .constantFrom<Omit<Oddity, 'at'>[]>(
      { what: 'nothing', content: {} },
      { what: 'has expired', content: { until: new Date(now.getTime() - hour) } },
      { what: 'is not valid yet', content: { from: new Date(now.getTime() + hour) } },
      { what: 'may not sign', content: { keyUsages: ['cRLSign'] } },
      { what: 'is no CA', content: { isCA: false } },
      { what: 'has no path length', content: { pathLength: undefined } },
      { what: 'has path length 0', content: { pathLength: 0 } },
      { what: 'has path length 1', content: { pathLength: 1 } },
      { what: 'has path length 2', content: { pathLength: 2 } },
      { what: 'has an unknown critical extension', content: { extensions: [unknown(true)] } },
      { what: 'has an unknown extension', content: { extensions: [unknown(false)] } },
      { what: 'is forged', content: {}, isForged: true },
    )
    .chain((known) => fc.nat({ max: 4 }).map((at) => ({ ...known, at }))),
  fc.record({ at: fc.nat({ max: 4 }), permitted: subtrees, excluded: subtrees }).map(({ at, permitted, excluded }) => ({
    what: `permits ${JSON.stringify(permitted)}, excludes ${JSON.stringify(excluded)}`,
    at,
    content: permitted.length + excluded.length === 0 ? {} : { extensions: [constraints(permitted, excluded)] },
  })),
);

const cases: fc.Arbitrary<Case> = fc.record({
  depth: fc.integer({ min: 1, max: 5 }),
  oddity,
  names: fc.array(name, { maxLength: 3 }),
  commonName: fc.constantFrom('a.example', 'b.a.example', 'host', 'not a host.example'),
  leafExtensions: fc.constantFrom<Extension[][]>([], [], [], [unknown(true)], [unknown(false)]),
});

/** The CAs, the issuing one first. */
async function pathFor({ depth, oddity: { at, content, isForged = false } }: Case): Promise<readonly TestCA[]> {
  const cas: TestCA[] = [];
  for (let level = depth - 1; level >= 0; level -= 1) {
    const isOdd = level === at % depth;
    const own = { name: `Level ${level}`, from, until, ...(isOdd ? content : {}) };
    const [parent] = cas;
    const stranger = isOdd && isForged && parent !== undefined;
    const signer = stranger ? { ...parent, keys: (await makeCA('P-256', { ...own, name: 'Stranger' })).keys } : parent;
    cas.unshift(await makeCA('P-256', own, signer));
  }
  return cas;
}

/** Whether OpenSSL accepts the certificate at the time of these tests. */
async function opensslSays(leaf: string, path: readonly TestCA[]): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'path-'));
  try {
    await writeFile(join(cwd, 'root'), path.at(-1)?.pem ?? '');
    await writeFile(join(cwd, 'chain'), path.map(({ pem }) => pem).join(''));
    await writeFile(join(cwd, 'leaf'), leaf);
    const at = String(Math.floor(now.getTime() / 1000));
    await execa('openssl', ['verify', '-attime', at, '-CAfile', 'root', '-untrusted', 'chain', 'leaf'], { cwd });
    return 'good';
  } catch (error) {
    return String((error as { readonly stderr?: unknown }).stderr);
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** What the product says of the CA, the request or the certificate, whichever it refuses first. */
function productSays(leaf: string, csr: string, path: readonly TestCA[]): string {
  const [issuing] = path;
  const root = path.at(-1);
  if (issuing === undefined || root === undefined) throw new Error('There is no CA.');
  const pems = path.slice(1).map(({ pem }) => pem);
  const read = readIssuingCA(describedCA({ root, issuing }, { CaCertChain: pems.join('') }));
  if (read.kind === 'malformed') return read.message;
  const { ca } = read;
  const assessed = assessIssuingCA(ca, issuingOperations.CreateCustomCertificate, now);
  if (assessed.kind === 'unusable') return assessed.message;
  const planned = planIssuing({ request: signingRequest(csr), spec: issuerSpec(), ca, clusterUid, now });
  if (planned.kind === 'refused') return planned.refusal.message;
  const verified = verifyIssued({ plan: planned.plan, reply: reply(leaf, ...pems), ca, trust: 'Root', now });
  if (verified.kind === 'mismatch') return verified.message;
  return verified.certificate.ca === root.pem ? 'good' : 'ca.crt is not the root';
}

describe('a certificate below random CAs', () => {
  it('is accepted where OpenSSL accepts it, and refused where OpenSSL refuses it', { timeout }, async () => {
    const property = fc.asyncProperty(cases, async (given) => {
      const path = await pathFor(given);
      const [issuing] = path;
      if (issuing === undefined) return;
      const subject = [{ CN: [given.commonName] }];
      const csr = await makeCsr('P-256', { subject, names: given.names }, 'leaf');
      const { publicKey } = signingRequest(csr).csr;
      const content = {
        names: given.names,
        keyUsages: ['digitalSignature', 'keyEncipherment'],
        extensions: given.leafExtensions,
      };
      const leaf = await issue(issuing, { spki: publicKey.spki, subject, content, notBefore: begin, notAfter: end });
      const [ours, theirs] = [productSays(leaf, csr, path), await opensslSays(leaf, path)];
      expect(ours === 'good', `product: ${ours}\nOpenSSL: ${theirs}`).toBe(theirs === 'good');
    });
    await fc.assert(property, { numRuns });
  });
});

/** What the product says where the CA's certificate has this content. */
async function saysOf(content: Partial<CAContent>, names: readonly TestName[], commonName = 'host'): Promise<string> {
  const at = { what: 'has this', at: 0, content };
  const path = await pathFor({ depth: 2, oddity: at, names, commonName, leafExtensions: [] });
  return productSays('', await makeCsr('P-256', { subject: [{ CN: [commonName] }], names }, 'leaf'), path);
}

describe('what OpenSSL does not see', () => {
  const minimum = der.sequence(der.tlv(0xa0, der.sequence(base.dns('a.example'), der.tlv(0x80, Buffer.of(1)))));
  it('constraints of which nobody knows what they mean forbid all', async () => {
    expect(await saysOf({ extensions: [new Extension('2.5.29.30', true, minimum)] }, [])).toBe(
      'clients would refuse every certificate of CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb": the certificate of CA "CN=Level 0" has name constraints that cannot be read. Correct that in PCA, or set spec.parentIdentifier to another CA.',
    );
  });

  it('a wildcard stands for a name that is excluded', async () => {
    const extensions = [constraints([], [{ kind: 'dns', value: 'a.example' }])];
    expect(await saysOf({ extensions }, [{ kind: 'dns', value: '*.example' }])).toBe(
      'spec.request: clients would refuse the certificate: the certificate of CA "CN=Level 0" forbids DNS *.example (excluded: DNS a.example). Ask for other names, or for a certificate of another CA.',
    );
  });
});

describe('a path that ends before its CA', () => {
  const early = new Date('2026-12-24T00:00:00Z');
  it.each<[string, number, string]>([
    ['its own certificate', 0, ''],
    ['a certificate above it', 1, ', with the certificate of CA "CN=Level 1" above it'],
  ])('is the end of the CA: %s', async (_, at, above) => {
    const oddity = { what: 'ends early', at, content: { until: early } };
    const path = await pathFor({ depth: 3, oddity, names: [], commonName: 'a', leafExtensions: [] });
    const [issuing, middle, root] = path;
    if (issuing === undefined || middle === undefined || root === undefined) throw new Error('There is no path.');
    const described = { CaCertChain: middle.pem + root.pem, AfterDate: until.getTime() };
    const read = readIssuingCA(describedCA({ root, issuing }, described));
    if (read.kind === 'malformed') throw new Error(read.message);
    expect(read.ca.notAfter).toEqual(early);
    expect(assessIssuingCA(read.ca, issuingOperations.CreateCustomCertificate, early)).toEqual({
      kind: 'unusable',
      reason: 'IssuingCAExpired',
      message: `CA "1ed4068c-6f1b-6deb-8e32-3f8439a851cb" expired at 2026-12-24T00:00:00Z${above}. Renew it in PCA, or set spec.parentIdentifier to another CA.`,
    });
  });
});

describe('several certificates for one CA in its description', () => {
  it('the one whose path is valid longest counts, and becomes ca.crt', async () => {
    const short = { name: 'Level 1', from, until: new Date(now.getTime() - hour) };
    const [old, renewed] = [await makeCA('P-256', short), await makeCA('P-256', { ...short, until })];
    const issuing = await makeCA('P-256', { name: 'Level 0', from, until }, renewed);
    for (const chain of [old.pem + renewed.pem, renewed.pem + old.pem]) {
      const read = readIssuingCA(describedCA({ root: old, issuing }, { CaCertChain: chain }));
      if (read.kind === 'malformed') throw new Error(read.message);
      expect(assessIssuingCA(read.ca, issuingOperations.CreateCustomCertificate, now)).toEqual({ kind: 'usable' });
      const request = signingRequest(await makeCsr('P-256', { subject: [{ CN: ['host'] }] }, 'leaf'));
      const made = plan(request, read.ca);
      const result = verifyIssued({
        plan: made,
        reply: reply(await fulfil(made, issuing)),
        ca: read.ca,
        trust: 'Root',
        now,
      });
      expect(result.kind === 'verified' ? result.certificate.ca : result).toBe(renewed.pem);
    }
  });
});
