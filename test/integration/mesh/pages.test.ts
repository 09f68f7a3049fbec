// What the pages of docs/mesh tell people to type, typed as it is printed, against the whole product at work.
import { X509Certificate } from 'node:crypto';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reference } from '../../support/cluster.ts';
import { applyDocumented, istioNamespace } from '../../support/neighbours/istio/manifests.ts';
import { PageShell } from '../../support/page-shell.ts';
import { blocksOf } from '../../support/pages.ts';
import { readProduct, secretAccess } from '../../support/product.ts';
import { until } from '../../support/wait.ts';
import { secret, World } from '../../support/world.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const shopSigner = 'alibabapcaissuers.pca.alibabacloud.com/shop.pca';
const meshSigner = 'alibabapcaclusterissuers.pca.alibabacloud.com/mesh';
const ready = { type: 'Ready', status: 'True' };

let world: World;
let shell: PageShell;

beforeAll(async () => {
  world = await World.start({});
  const product = await readProduct();
  await world.cluster.apply(
    ['shop', istioNamespace].flatMap((name) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      ...secretAccess(product, name),
    ]),
  );
  await world.cluster.apply([
    secret('shop', 'access-key', world.simulator.accessKey),
    world.issuer('shop', 'pca', { parentIdentifier: 'sim-sub-ecc-p256' }),
  ]);
  const documented = [
    ...(await applyDocumented(world, 'istio-ra-issuer.yaml', 'sim-sub-ecc-p256')),
    ...(await applyDocumented(world, 'istio-ca.yaml', 'sim-sub-ecc-issuing-cas')),
  ];
  for (const issuer of documented.filter(({ kind }) => kind === 'AlibabaPCAClusterIssuer'))
    await world.cluster.waitForCondition(reference(issuer), ready);
  await world.cluster.waitForCondition(reference(world.issuer('shop', 'pca')), ready);
  shell = await PageShell.open(join(world.controlPlane.directory, 'pages'), world.cluster.kubeconfig, {
    kubectl: world.controlPlane.kubectlPath,
  });
  await symlink(join(root, 'docs'), join(shell.directory, 'docs'));
});
afterAll(async () => world?.stop());

/** The blocks of a page that are for a shell. */
async function shellBlocks(page: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'docs/mesh', page), 'utf8');
  return blocksOf(text)
    .filter(({ language }) => language === 'sh')
    .map((block) => block.text);
}

async function run(text: string): Promise<string> {
  const { code, output } = await shell.run(text);
  if (code !== 0) throw new Error(`This failed:\n${text}\n${output}`);
  return output;
}

/** Runs the blocks of a page in order, and answers what each printed. */
async function runAll(page: string): Promise<readonly string[]> {
  const outputs: string[] = [];
  for (const block of await shellBlocks(page)) outputs.push(await run(block));
  return outputs;
}

it('docs/mesh/istio.md waits for the CA certificate, and shows where refusals are', async () => {
  const [ca = '', events, described = ''] = await runAll('istio.md');
  expect([ca.trim(), events, described.includes('Kind:         AlibabaPCAClusterIssuer')]).toEqual([
    'certificate.cert-manager.io/cacerts condition met',
    expect.any(String),
    true,
  ]);
});

it('docs/mesh/README.md shows the root', async () => {
  const [pem = ''] = await runAll('README.md');
  // That of the issuer, then that of the Secret, which is of another CA here.
  expect(pem).toBe(world.simulator.rootPem('sim-sub-ecc-p256') + world.simulator.rootPem('sim-sub-ecc-issuing-cas'));
});

it('docs/mesh/signers.md leads from a key to its certificate', async () => {
  const outputs = await runAll('signers.md');
  const leaf = new X509Certificate(await readFile(join(shell.directory, 'web.crt'), 'utf8'));
  expect([leaf.subjectAltName, Date.parse(leaf.validTo) - Date.parse(leaf.validFrom), outputs.at(-1)]).toEqual([
    'URI:spiffe://cluster.local/ns/shop/sa/web',
    86_400_000,
    expect.stringMatching(/Normal +Issued +certificatesigningrequest\/web/),
  ]);
});

it('the same rights serve the cluster issuer, and are needed for the issuer of the namespace', async () => {
  const [, , request = ''] = await shellBlocks('signers.md');
  const ask = (name: string, signer: string): string =>
    request.replace('name: web', `name: ${name}`).replace(shopSigner, signer);
  await run(ask('mesh', meshSigner));
  await run('kubectl certificate approve mesh --as system:serviceaccount:shop:approver');
  await run("kubectl wait csr/mesh --for=jsonpath='{.status.certificate}' --timeout=60s");

  await run('kubectl delete role pca-issuer-user -n shop');
  await run(ask('without-reference', shopSigner));
  await run('kubectl certificate approve without-reference --as system:serviceaccount:shop:approver');
  const events = (await shellBlocks('signers.md')).at(-1) ?? '';
  const told = await until('the event about the refusal', async () => {
    const lines = (await run(events)).split('\n');
    return lines.find((line) => line.includes('csr/without-reference') || line.includes('/without-reference '));
  });
  expect(told).toMatch(
    /Warning +Failed +certificatesigningrequest\/without-reference +.*User "system:serviceaccount:shop:enroller" may not use AlibabaPCAIssuer "shop\/pca"\. Grant a Role/,
  );
});

it('who asks may not approve, and who approves may not ask', async () => {
  const [, , request = ''] = await shellBlocks('signers.md');
  await run(request.replace('name: web', 'name: unapproved'));
  const approved = await shell.run('kubectl certificate approve unapproved --as system:serviceaccount:shop:enroller');
  const asked = await shell.run(request.replace('enroller', 'approver').replace('name: web', 'name: unasked'));
  expect([approved, asked]).toEqual([
    { code: 1, output: expect.stringContaining('cannot update resource "certificatesigningrequests/approval"') },
    { code: 1, output: expect.stringContaining('cannot create resource "certificatesigningrequests"') },
  ]);
});
