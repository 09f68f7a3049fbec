// The blocks of all pages on a real API server with the whole product at work: the quick start as a newcomer types it, the short
// commands of other pages, and every YAML block. test/unit/docs/commands.test.ts knows which commands are run here.
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { allPages } from '../../../scripts/docs/links.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { buildHelm, buildMs, refusal } from '../../support/helm.ts';
import { PageShell } from '../../support/page-shell.ts';
import { blocksOf, commandsOf, judge, ranHere } from '../../support/pages.ts';
import { readProduct, secretAccess } from '../../support/product.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = async (page: string): Promise<string> => readFile(join(root, page), 'utf8');
const ca = '1ef1da5f-38ed-69b3-8c52-037781890265';

let world: World;
let shell: PageShell;

beforeAll(async () => {
  const authorities = [
    { identifier: 'root', algorithm: 'ECC_256', kind: 'ROOT' },
    { identifier: ca, parent: 'root', algorithm: 'ECC_256', kind: 'SUB_ROOT' },
  ] as const;
  const [started, helmPath] = await Promise.all([World.start({ simulator: { authorities } }), buildHelm()]);
  world = started;
  const directory = join(world.controlPlane.directory, 'page');
  shell = await PageShell.open(directory, world.cluster.kubeconfig, { kubectl: world.controlPlane.kubectlPath });
  // What the chart installs is there already, so the chart is only rendered with the values of the page.
  await shell.addProgram('helm', `[ "$1" = uninstall ] || { shift; exec '${helmPath}' template "$@"; }`);
  const operator = `'${process.execPath}' '${join(root, 'src/main.ts')}'`;
  await shell.addProgram('npm', `shift 2\nexec ${operator} "$@"`);
  await shell.addProgram('alibaba-pca-issuer', `exec ${operator} "$@"`);
  for (const folder of ['helm', 'deploy']) await symlink(join(root, folder), join(directory, folder));
}, buildMs);
afterAll(async () => world?.stop());

/** Runs a block with the key and the endpoint of the simulator in place of those of the page. */
async function run(text: string): Promise<string> {
  const { accessKeyId, accessKeySecret } = world.simulator.accessKey;
  const host = `{ host: '${world.simulator.endpoint}', protocol: HTTP }`;
  const ours = text
    .replace('replace-with-your-access-key-id', accessKeyId)
    .replace('replace-with-your-access-key-secret', accessKeySecret)
    .replace('  region: cn-hangzhou', `  region: cn-hangzhou\n  endpoint: ${host}\n  stsEndpoint: ${host}`);
  const { code, output } = await shell.run(ours);
  if (code !== 0) throw new Error(`This failed:\n${text}\n${output}`);
  return output;
}

/** Lines with single blanks and without ages. */
const flat = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' ').replace(/ \d+s$/, ' AGE'))
    .filter((line) => line !== '' && !line.startsWith('Warning'));

describe('docs/quick-start.md', () => {
  it('leads to a certificate, and shows what is printed on the way', async () => {
    const blocks = blocksOf(await read('docs/quick-start.md')).filter(({ language }) => language !== 'console');
    const product = await readProduct();
    let printed: readonly string[] = [];
    const shown: (readonly string[])[] = [];
    const seen: (readonly string[])[] = [];
    for (const block of blocks) {
      if (block.language === '') {
        shown.push(flat(block.text));
        seen.push(printed);
      } else if (commandsOf(block).every((command) => judge(command) === 'run')) {
        if (block.text.startsWith('kubectl delete')) await runOthers('shop');
        printed = flat(await run(block.text));
        if (block.text.includes('helm install')) await world.cluster.apply(secretAccess(product, 'shop'));
      }
    }
    expect(seen).toEqual(shown);
    expect(world.simulator.issued().length).toBe(1);
  });
});

/** The commands of other pages that look at what the quick start has made. */
async function runOthers(namespace: string): Promise<void> {
  const outputs: (readonly [page: string, output: string])[] = [];
  for (const [page, begin] of ranHere) {
    const commands = blocksOf(await read(page)).flatMap(commandsOf);
    const command = commands.find((line) => line.startsWith(begin));
    if (command === undefined) throw new Error(`${page} has no command that begins with "${begin}".`);
    const here = command
      .replace('~/.kube/config', '"$KUBECONFIG"')
      .replaceAll(/\bpayments -n payments\b|\bNAME\b/g, `pca -n ${namespace}`)
      .replace('-n payments', `-n ${namespace}`);
    outputs.push([page, (await run(here)).trim()]);
  }
  const about = (page: string): readonly string[] => outputs.filter(([name]) => name === page).map(([, text]) => text);
  expect(about('docs/identities/README.md')).toEqual([expect.stringMatching(/^pca {2}acs:ram::/)]);
  expect(about('docs/issuer-reference.md')).toEqual([
    expect.stringContaining('Checked'),
    world.simulator.rootPem(ca).trim(),
    expect.stringMatching(/^[0-9A-F:]{95}$/),
  ]);
  expect(about('docs/choosing-an-operation.md')).toEqual([expect.stringContaining('1 planned, 0 refused.')]);
  expect(about('docs/sizing.md')).toEqual([expect.stringContaining('500 workloads')]);
}

/** Kinds that no API server here has: of which program they are. */
const foreign: Readonly<Record<string, string>> = {
  'argoproj.io': 'Argo CD',
  'gateway.networking.k8s.io': 'Gateway API, applied in test/integration/cert-manager.test.ts',
  'helm.toolkit.fluxcd.io': 'Flux',
  'kustomize.toolkit.fluxcd.io': 'Flux',
  'policy.cert-manager.io': 'approver-policy, applied in test/integration/mesh',
  'source.toolkit.fluxcd.io': 'Flux',
  'trust.cert-manager.io': 'trust-manager, applied in test/integration/mesh',
};

/** Blocks that are part of something of others, by their members. */
const partsOfOthers: Readonly<Record<string, string>> = {
  app: 'values of approver-policy, rendered in test/integration/mesh',
  config: 'values of cert-manager, rendered in test/integration/cert-manager.test.ts',
  data: "Argo CD's ConfigMap, tried in test/integration/issuers",
  'global,pilot,meshConfig': 'values of Istio, in test/integration/mesh',
  'resources,patches': 'a kustomization, tried in test/helm/apply.test.ts',
  trust: 'values of trust-manager, rendered in test/integration/mesh',
};

interface Piece {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: object;
  readonly credentials?: object;
}

/** What is to be applied of a document; text where it is not for an API server. */
async function manifestOf(document: Piece): Promise<object | string> {
  const group = document.apiVersion?.split('/')[0] ?? '';
  if (document.kind !== undefined) return foreign[group] === undefined ? document : 'foreign';
  const members = Object.keys(document).join(',');
  if (partsOfOthers[members] !== undefined) return 'part of something of others';
  const base = { parentIdentifier: ca, credentials: { secretRef: { name: 'pca-access-key' } } };
  const issuer = (spec: object): object => ({
    apiVersion: issuerApiVersion,
    kind: 'AlibabaPCAClusterIssuer',
    metadata: { name: 'part' },
    spec: { ...base, ...spec },
  });
  if (members === 'spec') return issuer(document.spec ?? {});
  if (members === 'credentials') return issuer(document);
  return refusal(document);
}

describe('every YAML block', async () => {
  const pages = allPages().filter((page) => !page.startsWith('docs/zh/'));
  const blocks: { page: string; text: string }[] = [];
  for (const page of pages)
    for (const { language, text } of blocksOf(await read(page))) if (language === 'yaml') blocks.push({ page, text });

  it('is found', () => {
    expect(blocks.length).toBeGreaterThan(50);
  });

  it.each(blocks)('of $page is accepted: $text', async ({ text }) => {
    for (const parsed of parseAllDocuments(text)) {
      const document = parsed.toJS() as Piece;
      const manifest = await manifestOf(document);
      if (typeof manifest === 'string') {
        expect(['foreign', 'part of something of others', 'rendered']).toContain(manifest);
        continue;
      }
      const namespace = document.metadata?.namespace;
      if (namespace !== undefined)
        await world.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const args = ['apply', '--dry-run=server', '--validate=strict', '-n', namespace ?? 'default', '-f', '-'];
      await world.controlPlane.kubectl(args, { input: JSON.stringify(manifest) });
    }
  });
});
