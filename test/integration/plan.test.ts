// `alibaba-pca-issuer plan` of what is in a cluster, as its administrator and as one who may read only some of it.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectWithKubeconfig } from '../../src/kubernetes/connection.ts';
import { runPlanCommand, thisProcess } from '../../src/plan-command/plan-command.ts';
import { encoded, makeCsr } from '../support/certificates.ts';
import type { Manifest } from '../support/cluster.ts';
import { writeServiceAccountKubeconfig } from '../support/product.ts';
import { certificate, World } from '../support/world.ts';

let world: World;
let shop: string;
let bank: string;
const csr = await makeCsr('P-256', { subject: [{ CN: ['mesh.example.com'] }] });
const ourGroup = 'pca.alibabacloud.com';

beforeAll(async () => {
  world = await World.start({});
  shop = await world.createNamespace('shop');
  bank = await world.createNamespace('bank');
  const issuerRef = { group: ourGroup, kind: 'AlibabaPCAIssuer', name: 'nowhere' };
  await world.cluster.apply([
    world.issuer(shop, 'pca'),
    certificate(shop, 'web'),
    certificate(shop, 'archive', { privateKey: { algorithm: 'RSA', size: 2048 } }),
    certificate(shop, 'foreign', { issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' } }),
    certificate(bank, 'lost', { issuerRef }),
    {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'mesh' },
      spec: {
        request: encoded(csr),
        signerName: `alibabapcaissuers.${ourGroup}/${shop}.pca`,
        usages: ['digital signature', 'server auth'],
      },
    },
  ]);
  await world.cluster.waitForCondition(
    { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: shop, name: 'web' },
    { type: 'Ready', status: 'True' },
  );
});
afterAll(async () => world?.stop());

interface Run {
  readonly code: number;
  readonly requests: readonly object[];
  readonly err: string;
}

async function plan(kubeconfig: string, ...argv: readonly string[]): Promise<Run> {
  let out = '';
  let err = '';
  const code = await runPlanCommand(['-o', 'json', ...argv], {
    ...thisProcess,
    environment: { PCA_ISSUER_KUBECONFIG: kubeconfig },
    connect: async (file) => connectWithKubeconfig(file),
    signal: new AbortController().signal,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  const { requests } = (out === '' ? { requests: [] } : JSON.parse(out)) as { readonly requests: readonly Report[] };
  return { code, err, requests: requests.map(shortly).toSorted((a, b) => a.name.localeCompare(b.name)) };
}

interface Report {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly outcome: string;
  readonly refusal?: { readonly reason: string };
  readonly assumptions: readonly string[];
}

function shortly({ kind, namespace, name, outcome, refusal, assumptions }: Report) {
  return {
    kind,
    namespace,
    name,
    outcome: refusal?.reason ?? outcome,
    knowsCA: !assumptions.join(' ').includes('100 years'),
  };
}

const web = () => ({ kind: 'Certificate', namespace: shop, name: 'web', outcome: 'planned', knowsCA: true });
// Its request is not planned beside it: it has failed.
const archive = () => ({
  kind: 'Certificate',
  namespace: shop,
  name: 'archive',
  outcome: 'KeyFamilyMismatch',
  knowsCA: true,
});
const lost = () => ({ kind: 'Certificate', namespace: bank, name: 'lost', outcome: 'Unplannable', knowsCA: true });
const lostRequest = () => ({ ...lost(), kind: 'CertificateRequest', name: 'lost-1' });
const mesh = () => ({
  kind: 'CertificateSigningRequest',
  namespace: undefined,
  name: 'mesh',
  outcome: 'planned',
  knowsCA: true,
});

describe('plan', () => {
  it('plans what is in the cluster and not finished, with what is known of the CA', async () => {
    await world.cluster.waitFor(
      { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace: shop, name: 'archive-1' },
      'failed',
      (request) => (request['status'] as { readonly failureTime?: string } | undefined)?.failureTime !== undefined,
    );
    await world.cluster.waitFor(
      { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace: bank, name: 'lost-1' },
      'made',
      () => true,
    );

    expect(await plan(world.controlPlane.kubeconfig)).toEqual({
      code: 3,
      err: '',
      requests: [archive(), lost(), lostRequest(), mesh(), web()],
    });
  });

  it('plans one namespace of it', async () => {
    expect(await plan(world.controlPlane.kubeconfig, '-n', shop)).toEqual({
      code: 3,
      err: '',
      requests: [archive(), web()],
    });
  });

  it('plans the rest, and names the rights that are missing', async () => {
    const kubeconfig = join(world.controlPlane.directory, 'reader.kubeconfig');
    await world.cluster.apply(readerOf(['certificates', 'certificaterequests']));
    await writeServiceAccountKubeconfig(
      async (args, input) => world.cluster.kubectl(args, input),
      { name: 'reader', namespace: 'default' },
      kubeconfig,
    );
    const { code, requests, err } = await plan(kubeconfig);

    expect([code, requests.length]).toEqual([2, 4]);
    expect(err.split('\n')).toEqual([
      `alibaba-pca-issuer plan: Every AlibabaPCAIssuer cannot be read: the right to list alibabapcaissuers (${ourGroup}) is missing.`,
      `alibaba-pca-issuer plan: Every AlibabaPCAClusterIssuer cannot be read: the right to list alibabapcaclusterissuers (${ourGroup}) is missing.`,
      'alibaba-pca-issuer plan: Every CertificateSigningRequest cannot be read: the right to list certificatesigningrequests (certificates.k8s.io) is missing.',
      '',
    ]);
  });

  it('reads the issuers that files lack', async () => {
    const file = {
      files: async (name: string) => [name],
      read: async () => Buffer.from(JSON.stringify(certificate(shop, 'web'))),
    };
    let out = '';
    const code = await runPlanCommand(['-f', 'web.yaml', '--kubeconfig', world.controlPlane.kubeconfig], {
      ...thisProcess,
      ...file,
      connect: async (path) => connectWithKubeconfig(path),
      signal: new AbortController().signal,
      out: (text) => (out += text),
      err: (text) => (out += text),
    });

    expect(code).toBe(0);
    expect(out).toContain(
      `Certificate ${shop}/web (web.yaml)\n  Issuer   AlibabaPCAIssuer ${shop}/pca (in the cluster)\n`,
    );
  });
});

function readerOf(resources: readonly string[]): readonly Manifest[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader', namespace: 'default' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: ['cert-manager.io'], verbs: ['list'], resources }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
    },
  ];
}
