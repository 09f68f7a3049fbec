// Any files: the command ends with a documented exit code and a message. ISSUING_FUZZ_RUNS sets the number of runs.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { encoded, makeCsr } from '../../support/certificates.ts';
import { runWith } from '../../support/plan-command.ts';

const runs = Number(process.env['ISSUING_FUZZ_RUNS'] ?? 300);
const timeout = 30_000 + runs * 20;
const csr = await makeCsr('P-256', { subject: [{ CN: ['a'] }], names: [{ kind: 'dns', value: 'a' }] });

const kinds = [
  ['cert-manager.io/v1', 'Certificate'],
  ['cert-manager.io/v1', 'CertificateRequest'],
  ['certificates.k8s.io/v1', 'CertificateSigningRequest'],
  ['pca.alibabacloud.com/v1alpha1', 'AlibabaPCAIssuer'],
] as const;

const group = 'pca.alibabacloud.com';
const valid: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  issuerRef: fc.constant({ group, kind: 'AlibabaPCAIssuer', name: 'pca' }),
  signerName: fc.constant(`alibabapcaclusterissuers.${group}/pca`),
  request: fc.constant(encoded(csr)),
  commonName: fc.string(),
  literalSubject: fc.string({ unit: fc.constantFrom(...Array.from('CNOU=,+\\;# ä12.')) }),
  dnsNames: fc.array(fc.string(), { maxLength: 3 }),
  ipAddresses: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 3 }),
  uris: fc.array(fc.webUrl(), { maxLength: 2 }),
  subject: fc.record({ organizations: fc.array(fc.string(), { maxLength: 3 }), serialNumber: fc.string() }),
  usages: fc.array(fc.constantFrom('server auth', 'cert sign', 'any', 'x'), { maxLength: 4 }),
  duration: fc.constantFrom('2160h', '1s', '0', '-1h', '999999h', 'x'),
  isCA: fc.boolean(),
  // RSA keys would take most of the time of the test.
  privateKey: fc.constantFrom({ algorithm: 'ECDSA' }, { algorithm: 'Ed25519' }, { algorithm: 'ECDSA', size: 1 }),
  parentIdentifier: fc.constant('ca'),
  credentials: fc.constant({ secretRef: { name: 'pca' } }),
};

const spec = fc
  .tuple(
    fc.record(valid, { requiredKeys: ['issuerRef', 'signerName', 'request', 'privateKey'] }),
    fc.dictionary(
      fc.constantFrom(...Object.keys(valid).filter((name) => name !== 'privateKey'), '__proto__', 'x'),
      fc.jsonValue(),
      { maxKeys: 2 },
    ),
    fc.constantFrom(true, true, false),
  )
  .map(([fields, changes, isPlain]): unknown => (isPlain ? fields : { ...fields, ...changes }));

const object = fc
  .record({
    kind: fc.constantFrom(...kinds),
    metadata: fc.jsonValue(),
    spec: fc.oneof({ weight: 9, arbitrary: spec }, fc.jsonValue()),
  })
  .map(({ kind: [apiVersion, kind], ...rest }) => stringify({ apiVersion, kind, ...rest }));

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets)),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...Array.from('{}[]:-&*!|>?%@\n \'"#,a1')), maxLength: 80 }),
  fc.nat({ max: csr.length }).map((at) => csr.slice(0, at) + csr.slice(at + 1)),
  { weight: 4, arbitrary: fc.array(object, { minLength: 1, maxLength: 3 }).map((each) => each.join('---\n')) },
);

const flags = fc.subarray([
  '-o=json',
  '-ojson',
  '--is-ca',
  '--duration=1h',
  '--usages=any',
  '--operation=x',
  '--now=x',
]);

test('any files and flags end in 0, 2 or 3 with a message', { timeout }, async () => {
  const codes = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.array(contents, { maxLength: 2 }), fc.oneof(fc.constant([]), flags), async (files, argv) => {
      const { code, out, err } = await runWith(
        Object.fromEntries(files.map((each, index) => [`f${index}`, each])),
        argv,
      );
      codes.add(code);
      expect([0, 2, 3]).toContain(code);
      // Where only an issuer is wrong there is no request to refuse.
      const said = { 0: out, 2: err, 3: out + err }[code] ?? '';
      expect(said.length).toBeGreaterThan(20);
    }),
    { numRuns: runs, seed: 7 },
  );
  expect(codes).toEqual(new Set([0, 2, 3]));
});
