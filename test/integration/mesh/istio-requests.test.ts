// Certificates for Istio's workloads, asked for by istiod's own code with the rights of istiod's chart: what it gets, where
// a refusal is seen, and what becomes of a certificate that it no longer waits for.
import { globSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { conditionsOf } from '../../support/cluster.ts';
import { helm } from '../../support/helm.ts';
import { chartFolder, prepareIstio } from '../../support/neighbours/istio/chart.ts';
import { askAsIstiod } from '../../support/neighbours/istio/csr-client.ts';
import type { CsrOutcome } from '../../support/neighbours/istio/csr-client.ts';
import { istioNamespace } from '../../support/neighbours/istio/manifests.ts';
import { istioCsrClientProgram } from '../../support/neighbours/istio/programs.ts';
import { buildMs, neighbourProgram } from '../../support/neighbours/program.ts';
import { knownResult } from '../../support/neighbours/results.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { manifestsOf, valuesOf } from '../../kind/mesh/charts.ts';
import { certificatesOf, chainFacts, leafFacts, wantedChain, wantedFacts } from '../conformance/validations.ts';
import { metric } from '../faults/scene.ts';
import { ofCluster, ofCurves, ofNamespace, prepareForm } from './istio-forms.ts';

const count = 5;
const signers = 'certificates.k8s.io/v1';

let world: World;

beforeAll(async () => {
  await neighbourProgram(istioCsrClientProgram);
  world = await World.start({});
  await prepareIstio(world);
}, buildMs + 300_000);
afterAll(async () => world.stop());
beforeEach(() => world.simulator.reset());

/** What there is to say of a certificate but its subject, and the wait in `error`. */
function factsOf({ error, chain = '', request }: CsrOutcome, parent: string): object {
  const [leaf, ...above] = certificatesOf(chain);
  if (leaf === undefined) return { error };
  const { asRequested, subject: _, ...facts } = leafFacts(leaf, request);
  return {
    ...facts,
    hasRequestedKey: asRequested.key,
    chain: chainFacts([leaf, ...above], world.simulator.rootPem(parent)),
  };
}

function wantedOf(ecdsa: boolean): object {
  const privateKey = ecdsa ? ({ algorithm: 'ECDSA', size: 256 } as const) : ({ algorithm: 'RSA', size: 2048 } as const);
  const usages = ['digital signature', 'key encipherment', 'server auth', 'client auth'];
  const {
    asRequested: _,
    subject: __,
    ...facts
  } = wantedFacts({ uris: ['spiffe://cluster.local/ns/shop/sa/web'], usages, privateKey });
  return { ...facts, seconds: 600, hasRequestedKey: true, chain: wantedChain({}) };
}

async function requests(): Promise<number> {
  return (await world.cluster.list({ apiVersion: signers, kind: 'CertificateSigningRequest' })).length;
}

it.each([
  ['a cluster issuer', ofCluster],
  ['an issuer of a namespace', ofNamespace],
  ['a cluster issuer with elliptic curves', ofCurves],
])(
  '%s gives workloads their certificates, one for each request, and revokes none of those that are in use',
  async (_, form) => {
    const order = await prepareForm(world, form, { revocationPolicy: 'RequestGone' });
    const outcomes = await askAsIstiod({ ...order, count, concurrency: 2 });
    expect(outcomes.map((outcome) => factsOf(outcome, form.parent))).toEqual(
      Array.from({ length: count }, () => wantedOf(order.ecdsa === true)),
    );
    expect(await requests()).toBe(0);
    expect((await world.issuances()).faults()).toEqual([]);
    const issued = world.simulator.issued();
    expect(issued.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 'ISSUE'));
  },
);

it('a refusal stands in the condition of the request, which istiod does not look at', async () => {
  const order = await prepareForm(world, ofCluster);
  const leaving = new AbortController();
  const asking = askAsIstiod({ ...order, ecdsa: true }, leaving.signal);
  const { name, condition } = await until('the request to fail', async () => {
    const [request] = await world.cluster.list({ apiVersion: signers, kind: 'CertificateSigningRequest' });
    const failed = request && conditionsOf(request).find(({ type }) => type === 'Failed');
    if (request === undefined || failed === undefined) throw new NotYet(request?.['status'] ?? 'no request');
    return { name: request.metadata.name, condition: failed };
  });
  leaving.abort();
  expect(await asking).toEqual([]);
  await world.cluster.delete({ apiVersion: signers, kind: 'CertificateSigningRequest', name });
  expect({ reason: condition.reason, message: condition.message }).toEqual({
    reason: 'KeyFamilyMismatch',
    message:
      'spec.request: the CSR\'s key is P-256, but CA "sim-sub-rsa-2048" issues for RSA keys only. Choose algorithm RSA (in a Certificate: spec.privateKey), or another CA.',
  });
  const seen = { result: `\`${condition.reason ?? ''}\`` };
  expect(seen).toEqual(knownResult('istio-other-key', seen));
});

describe('what runs on kind alone', () => {
  const folder = new URL('../../kind/mesh/', import.meta.url);
  const files = globSync('*.yaml', { cwd: folder }).toSorted();

  it.each(files.filter((file) => !file.includes('values')))('the API server takes %s', async (file) => {
    const namespace = await world.cluster.createNamespace('kind');
    const manifests = (await manifestsOf(file, namespace)).map((each) => ({
      ...each,
      metadata: { ...each.metadata, namespace },
    }));
    await world.cluster.waitFor(
      { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' },
      'to be there',
      () => true,
    );
    expect((await world.cluster.apply(manifests)).map(({ kind }) => kind)).toEqual(manifests.map(({ kind }) => kind));
  });

  it.each([
    ['base', {}],
    ['istio-cni', { profile: 'ambient' }],
    ['ztunnel', {}],
    ['istio-control/istio-discovery', { profile: 'ambient' }],
    ['istio-control/istio-discovery', 'istio-csr-istiod-values.yaml'],
  ] as const)("Istio's chart %s takes %j", async (chart, values) => {
    const given = typeof values === 'string' ? await valuesOf(values) : values;
    const args = ['template', 'any', await chartFolder(chart), '--namespace', istioNamespace, '--values=-'];
    expect(await helm(args, JSON.stringify(given))).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.runIf(process.env['TEST_FULL'] === '1')('PCA is silent for longer than istiod waits', () => {
  const silence = ['CreateCustomCertificate', 'ListClientCertificate', 'DescribeClientCertificate', 'ListCert'];

  it('the certificate of the request that istiod has deleted is reported when PCA answers', async () => {
    const order = await prepareForm(world, ofCluster);
    const without = 'pca_issuer_certificates_without_request_total';
    const before = await metric(world.operator, without);
    world.simulator.setFaults({ heldActions: silence });
    const outcomes = await askAsIstiod(order);
    expect(outcomes.map(({ error }) => error)).toEqual([
      expect.stringMatching(/timeout when watching CSR csr-workload-/),
    ]);
    expect(await requests()).toBe(0);
    world.simulator.setFaults({ heldActions: [] });
    await until('the certificate to be reported', async () => (await metric(world.operator, without)) === before + 1, {
      deadlineMs: 240_000,
      everyMs: 1_000,
    });
    expect(world.simulator.issued()).toHaveLength(1);
  }, 400_000);
});
