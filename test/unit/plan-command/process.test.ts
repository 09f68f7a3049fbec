// The subcommands that need no cluster as users run them: what is shipped, in a process of its own.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildBundle } from '../../../scripts/build.ts';
import { root } from '../../../scripts/command.ts';
import { makeCsr } from '../../support/certificates.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-command-'));
  // A folder of its own: others may be running what is in dist/.
  await buildBundle(join(folder, 'dist'));
  await writeFile(join(folder, 'web.csr'), await makeCsr('P-256', { subject: [{ CN: ['web.shop.svc'] }] }));
  await writeFile(join(folder, 'unusual.csr'), await makeCsr('Ed25519', { subject: [{ CN: ['web.shop.svc'] }] }));
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface End {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function plan(argv: readonly string[], input = ''): Promise<End> {
  return shipped(['plan', ...argv], input);
}

async function shipped(argv: readonly string[], input = ''): Promise<End> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(folder, 'dist', 'main.js'), ...argv],
      { cwd: folder, env: {}, timeout: 90_000 },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      },
    );
    child.stdin?.end(input);
  });
}

const certificate = (isCA: boolean): string => `
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: web, namespace: shop }
spec:
  commonName: web.shop.svc
  isCA: ${isCA}
  issuerRef: { group: pca.alibabacloud.com, kind: AlibabaPCAIssuer, name: pca }
`;

it('plans a file and standard input, tells a refusal by 3 and wrong usage by 2', { timeout: 240_000 }, async () => {
  const ends = [
    await plan(['-f', 'web.csr']),
    await plan(['-f', 'unusual.csr']),
    await plan(['-f', '-'], certificate(false)),
    await plan(['-f', '-'], certificate(true)),
    await plan(['-f', join(root, 'deploy/examples/quickstart')]),
    await plan(['-f', 'dist/chunks']),
    await plan(['-f', 'missing.yaml']),
    await plan(['--help']),
  ];
  expect(ends.map(({ code, out, err }) => [code, out.trimEnd().split('\n').at(-1), err])).toEqual([
    [0, '1 planned, 0 refused.', ''],
    // What is wrong with it is its key: it was read, by the second reader as well.
    [3, '0 planned, 1 refused.', ''],
    [0, '1 planned, 0 refused.', ''],
    [3, '0 planned, 1 refused.', ''],
    [0, '1 planned, 0 refused.', expect.stringMatching(/^note: [^\n]*1-secret.yaml[^\n]*\n$/)],
    [
      2,
      '',
      'alibaba-pca-issuer plan: dist/chunks cannot be read (a folder without .yaml, .yml or .json). Check its name and permissions.\n',
    ],
    [
      2,
      '',
      "alibaba-pca-issuer plan: missing.yaml cannot be read (ENOENT: no such file or directory, stat 'missing.yaml'). Check its name and permissions.\n",
    ],
    [0, '  3  at least one request is refused, or an issuer cannot be used', ''],
  ]);
});

it('computes the capacity of a fleet, tells a shortage by 3 and wrong usage by 2', { timeout: 240_000 }, async () => {
  const ends = [
    await shipped(['capacity', '--workloads', '600', '--lifetime', '24h']),
    await shipped(['capacity', '--workloads', '2000', '--lifetime', '24h']),
    await shipped(['capacity']),
  ];
  expect(ends.map(({ code, out, err }) => [code, out.split('\n').at(-2), err])).toEqual([
    [0, 'All of it suffices.', ''],
    [3, expect.stringContaining('one bought instance.'), ''],
    [2, undefined, 'alibaba-pca-issuer capacity: --workloads is missing. See alibaba-pca-issuer capacity --help.\n'],
  ]);
});
