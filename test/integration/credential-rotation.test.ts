// Every kind of credentials is exchanged while certificates are asked for: no request fails, and none costs a second certificate.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Manifest } from '../support/cluster.ts';
import { bundle } from '../support/operator-process.ts';
import { operatorToken, trustClusterTokens } from '../support/cluster-tokens.ts';
import { readProduct, serviceAccountTokens } from '../support/product.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../support/world.ts';

const account = '1234567890123456';
const providerArn = `acs:ram::${account}:oidc-provider/c1`;
const roleOf = (name: string): string => `acs:ram::${account}:role/${name}`;
let world: World;
let tokenFile: string;

beforeAll(async () => {
  world = await World.start({
    operator: false,
    flags: ['--secret-check-interval=500ms', '--issuer-check-interval=2s', '--retry-max-delay=2s'],
  });
  await trustClusterTokens(world, providerArn);
  tokenFile = join(world.controlPlane.directory, 'oidc-token');
  await replaceToken();
  await world.startOperator([`--ecs-metadata-address=${world.simulator.endpoint}`], {
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
  });
});

afterAll(async () => {
  await world.stop();
});

/** As the kubelet does with a projected token. */
async function replaceToken(): Promise<void> {
  await writeFile(tokenFile, await operatorToken(world.cluster));
}

const simulated = () => ({ host: world.simulator.endpoint, protocol: 'HTTP' });

function issuer(namespace: string | undefined, name: string, credentials: object): Manifest {
  return {
    apiVersion: issuerApiVersion,
    kind: namespace === undefined ? 'AlibabaPCAClusterIssuer' : 'AlibabaPCAIssuer',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { parentIdentifier: 'sim-sub-ecc-p256', endpoint: simulated(), stsEndpoint: simulated(), credentials },
  };
}

/** Makes roles that trust each other, and an issuer of each kind of credentials; answers where each issuer is. */
async function prepareIssuers(namespace: string, key: string): Promise<ReadonlyMap<string, string | undefined>> {
  const { simulator } = world;
  const product = await readProduct();
  const trustedToken = (owner: { readonly namespace: string; readonly name: string }) => ({
    oidcProviderArn: providerArn,
    subject: `system:serviceaccount:${owner.namespace}:${owner.name}`,
  });
  simulator.setRole({ arn: roleOf('operator'), trustedTokens: [trustedToken(product.serviceAccount)] });
  simulator.setRole({ arn: roleOf('shop'), trustedTokens: [trustedToken({ namespace, name: 'pca' })] });
  simulator.setRole({ arn: roleOf('node') });
  simulator.setInstance({ roleArn: roleOf('node') });
  simulator.setRole({ arn: roleOf('chained'), trustedRoleArns: [roleOf('shop')] });
  const serviceAccountRef = { name: 'pca', roleArn: roleOf('shop') };
  const issuers: readonly (readonly [string, string | undefined, object])[] = [
    ['key', namespace, { secretRef: { name: key } }],
    ['account', namespace, { serviceAccountRef }],
    ['chain', namespace, { serviceAccountRef, assumeRole: { roleArn: roleOf('chained') } }],
    ['operator', undefined, { rrsa: { roleArn: roleOf('operator') } }],
    ['node', undefined, { ecsRole: {} }],
  ];
  await world.cluster.apply([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pca', namespace } },
    ...serviceAccountTokens(product, namespace),
    ...issuers.map(([name, where, credentials]) => issuer(where, name, credentials)),
  ]);
  return new Map(issuers.map(([name, where]) => [name, where]));
}

it('keys, tokens, sessions and instance roles change under load, and every request gets its one certificate', async () => {
  const { simulator, cluster } = world;
  const namespace = await world.createNamespace('rotation');
  const [former, present] = ['LTAIformer', 'LTAIpresent'].map((accessKeyId) => ({
    accessKeyId,
    accessKeySecret: `secret-of-${accessKeyId}`,
    accountId: account,
  }));
  if (former === undefined || present === undefined) throw new Error('two keys were made');
  simulator.addAccessKey(former);
  await cluster.apply(secret(namespace, 'rotated', former));
  const issuers = await prepareIssuers(namespace, 'rotated');

  const names: string[] = [];
  /** One further certificate of each issuer, and all of them ready. */
  const round = async (): Promise<void> => {
    const batch = [...issuers].map(([name, where]) => {
      const kind = where === undefined ? 'AlibabaPCAClusterIssuer' : 'AlibabaPCAIssuer';
      const issuerRef = { group: 'pca.alibabacloud.com', kind, name };
      return certificate(namespace, `${name}-${names.length}`, { issuerRef });
    });
    names.push(...batch.map(({ metadata }) => metadata.name));
    await cluster.apply(batch);
    for (const { metadata } of batch) {
      const what = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name: metadata.name };
      await cluster.waitForCondition(what, { type: 'Ready', status: 'True' });
    }
  };
  await round();

  const over = new AbortController();
  let usesOfFormer = 0;
  const load = (async () => {
    while (!over.signal.aborted) await round();
  })();
  /** Does it, and waits until all these counts are higher than before. */
  const seenAgain = async (what: string, counts: readonly (() => number)[], act: () => Promise<void> | void) => {
    const before = counts.map((count) => count());
    await act();
    await until(what, () => {
      const now = counts.map((count) => count());
      if (now.some((count, index) => count <= (before[index] ?? 0)))
        throw new NotYet(`${now.join()}, before ${before.join()}`);
      return true;
    });
  };
  const stsCalls = (action: string, roleArn: string) => () =>
    simulator.calls().filter((call) => call.action === action && call.parameters['RoleArn'] === roleArn).length;

  try {
    // An access key, as its owner exchanges it: a second one, the Secret, and the first one goes when nobody uses it any more.
    simulator.addAccessKey(present);
    await seenAgain('the new key to be used', [() => simulator.usesOf(present.accessKeyId)], async () => {
      await cluster.apply(secret(namespace, 'rotated', present));
    });
    await round();
    simulator.removeAccessKey(former.accessKeyId);
    usesOfFormer = simulator.usesOf(former.accessKeyId);
    await round();

    // Sessions that end at once, all of them, twice; between them the token of the operator is another one.
    const sessions = [
      stsCalls('AssumeRoleWithOIDC', roleOf('operator')),
      stsCalls('AssumeRoleWithOIDC', roleOf('shop')),
      stsCalls('AssumeRole', roleOf('chained')),
    ];
    for (const turn of [1, 2]) {
      await seenAgain(`session ${turn} of each role`, sessions, async () => {
        simulator.endSessions();
        await replaceToken();
      });
      await round();
    }

    // The node gets another role.
    simulator.setRole({ arn: roleOf('other-node') });
    await seenAgain('the role of the node to be read', [() => simulator.metadataCalls().length], () => {
      simulator.setInstance({ roleArn: roleOf('other-node') });
      simulator.endSessions();
    });
    await round();
  } finally {
    over.abort();
    await load;
  }

  const requests = await cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace });
  const reasons = requests.map(({ status }) => {
    const { conditions } = status as {
      readonly conditions: readonly { readonly type: string; readonly reason: string }[];
    };
    return conditions.find(({ type }) => type === 'Ready')?.reason;
  });
  // cert-manager may have asked once more for a Certificate that is ready by now; such a request waits for a while.
  expect(reasons.filter((reason) => reason !== 'Issued' && reason !== 'Pending')).toEqual([]);
  await world.issuances({ namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) });
  expect(simulator.usesOf(former.accessKeyId)).toBe(usesOfFormer);
});

it('no secret, token or temporary key of all these is in anything that anybody reads', async () => {
  const { cluster, operator, simulator } = world;
  const issuers = ['AlibabaPCAIssuer', 'AlibabaPCAClusterIssuer'].map((kind) => ({
    apiVersion: issuerApiVersion,
    kind,
  }));
  const others = [
    { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest' },
    { apiVersion: 'events.k8s.io/v1', kind: 'Event' },
  ];
  const objects = await Promise.all([...issuers, ...others].map(async (kind) => cluster.list(kind)));
  const plan = await runBundle(['plan', '-f', '-', '-o', 'json'], await cluster.kubectl(planInput));
  const said = {
    objects: JSON.stringify(objects),
    log: await operator.logs(),
    metrics: await operator.metrics(),
    doctor: await runBundle(['doctor', `--kubeconfig=${cluster.kubeconfig}`, '--with-credentials', '-o', 'json']),
    plan,
  };
  // Every token of the API server begins so.
  const canaries = [...simulator.secrets(), 'eyJhbGciOi', 'STS.sim'];
  const shown = Object.fromEntries(
    Object.entries(said).map(([where, text]) => [where, canaries.filter((canary) => text.includes(canary))]),
  );
  expect(shown).toEqual({ objects: [], log: [], metrics: [], doctor: [], plan: [] });
  expect([canaries.length > 10, ...Object.values(said).map((text) => text.length > 500)]).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
});

const planInput = ['get', 'secrets,alibabapcaissuers,certificates', '--all-namespaces', '-o', 'yaml'];

/** What a subcommand of the bundle says. */
async function runBundle(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '' }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [bundle, ...args], options, (_error, out, err) => resolve(out + err));
    child.stdin?.end(input);
  });
}
