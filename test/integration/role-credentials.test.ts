// Issuers with roles through the real operator: tokens of the cluster's own ServiceAccounts, the simulated STS, renewal.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operatorToken, trustClusterTokens } from '../support/cluster-tokens.ts';
import { readProduct } from '../support/product.ts';
import { until, NotYet } from '../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../support/world.ts';

const account = '1234567890123456';
const providerArn = `acs:ram::${account}:oidc-provider/ack-rrsa-c1`;
const roleArn = `acs:ram::${account}:role/pca-issuer`;
let world: World;
let tokenFile: string;

beforeAll(async () => {
  world = await World.start({
    flags: ['--secret-check-interval=500ms', '--issuer-check-interval=2s', '--retry-max-delay=2s'],
  });
  tokenFile = join(world.controlPlane.directory, 'oidc-token');
  await writeFile(tokenFile, await operatorToken(world.cluster));
  await trustClusterTokens(world, providerArn);
  await restart();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  world.simulator.reset();
  const { serviceAccount } = await readProduct();
  const subject = `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
  world.simulator.setRole({
    arn: roleArn,
    trustedTokens: [{ oidcProviderArn: providerArn, subject }],
    trustedAccessKeyIds: [world.simulator.accessKey.accessKeyId],
    externalId: 'x-1',
  });
});

async function restart(
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await world.operator.stop();
  await world.startOperator(flags, {
    ALIBABA_CLOUD_ROLE_ARN: roleArn,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
    ...environment,
  });
}

const simulated = () => ({ host: world.simulator.endpoint, protocol: 'HTTP' });

function clusterIssuer(name: string, credentials: object) {
  return {
    apiVersion: issuerApiVersion,
    kind: 'AlibabaPCAClusterIssuer',
    metadata: { name },
    spec: { parentIdentifier: 'sim-sub-ecc-p256', endpoint: simulated(), stsEndpoint: simulated(), credentials },
  };
}

interface Ready {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

async function readyOf(reference: string, wanted: string): Promise<Ready> {
  return until(`${reference} to be ${wanted}`, async () => {
    const text = await world.cluster.kubectl(['get', ...reference.split(' '), '-o', 'json']);
    const object = JSON.parse(text) as { readonly status?: { readonly conditions: readonly Ready[] } };
    const condition = object.status?.conditions[0];
    if (condition?.reason !== wanted) throw new NotYet(JSON.stringify(condition));
    return condition;
  });
}

async function issued(namespace: string, name: string, issuer: string): Promise<void> {
  await issue(namespace, name, { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: issuer });
}

async function certificateReady(namespace: string, name: string): Promise<void> {
  const what = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
  await world.cluster.waitForCondition(what, { type: 'Ready', status: 'True' });
}

async function issue(namespace: string, name: string, issuerRef: object): Promise<void> {
  await world.cluster.apply([certificate(namespace, name, { issuerRef })]);
  await certificateReady(namespace, name);
}

const actions = () => world.simulator.calls().map(({ action, outcome }) => `${action}: ${outcome}`);

describe("the operator's own role", () => {
  it('issues with a token of its ServiceAccount, and equal issuers share a session', async () => {
    const names = ['pod-a', 'pod-b', 'pod-c'];
    await world.cluster.apply(names.map((name) => clusterIssuer(name, { rrsa: {} })));
    for (const name of names) await readyOf(`alibabapcaclusterissuer ${name}`, 'Checked');
    const namespace = await world.createNamespace('role');
    await issued(namespace, 'one', 'pod-a');
    expect(actions().filter((action) => action.startsWith('AssumeRole'))).toEqual(['AssumeRoleWithOIDC: ok']);
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', ...names]);
  });

  it('is renewed before its end, so that PCA never sees credentials that have ended', async () => {
    // Credentials are used until a tenth of their life is left, so a stall of less than that shows PCA none that ended.
    world.simulator.setFaults({ sessionSeconds: 20 });
    await world.cluster.apply([clusterIssuer('short', { rrsa: { sessionName: 'short' } })]);
    await readyOf('alibabapcaclusterissuer short', 'Checked');
    await until('the third session', async () => {
      const count = actions().filter((action) => action === 'AssumeRoleWithOIDC: ok').length;
      if (count < 3) throw new NotYet(`${count} sessions`);
      return true;
    });
    expect(new Set(actions().map((action) => action.split(': ')[1]))).toEqual(new Set(['ok']));
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'short']);
  });

  it('is taken anew when its session was ended at Alibaba Cloud', async () => {
    await world.cluster.apply([clusterIssuer('ended', { rrsa: { sessionName: 'ended' } })]);
    await readyOf('alibabapcaclusterissuer ended', 'Checked');
    world.simulator.endSessions();
    const namespace = await world.createNamespace('role');
    await issued(namespace, 'one', 'ended');
    expect((await readyOf('alibabapcaclusterissuer ended', 'Checked')).status).toBe('True');
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'ended']);
  });

  it('that does not trust the operator is named in the condition, and mended without a restart', async () => {
    world.simulator.setRole({ arn: roleArn });
    await world.cluster.apply([clusterIssuer('untrusted', { rrsa: { sessionName: 'untrusted' } })]);
    const { message } = await readyOf('alibabapcaclusterissuer untrusted', 'PermissionDenied');
    expect(message).toMatch(
      /^AssumeRoleWithOIDC at 127\.0\.0\.1:\d+ failed, the role may not be assumed by this identity \(AuthenticationFail\.NoPermission, HTTP 401, RequestId [0-9A-F-]{36}\)/,
    );
    const { serviceAccount } = await readProduct();
    const subject = `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
    world.simulator.setRole({ arn: roleArn, trustedTokens: [{ oidcProviderArn: providerArn, subject }] });
    await readyOf('alibabapcaclusterissuer untrusted', 'Checked');
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'untrusted']);
  });

  it('needs a token for STS, and a token that is replaced is read again', async () => {
    await writeFile(tokenFile, await operatorToken(world.cluster, 'somebody-else'));
    await world.cluster.apply([clusterIssuer('audience', { rrsa: { sessionName: 'audience' } })]);
    const { message } = await readyOf('alibabapcaclusterissuer audience', 'CredentialsInvalid');
    expect(message).toContain('AuthenticationFail.OIDCToken.AudienceNotMatch, HTTP 401');
    await writeFile(tokenFile, await operatorToken(world.cluster));
    await readyOf('alibabapcaclusterissuer audience', 'Checked');
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'audience']);
  });
});

describe('two access keys', () => {
  it('of one account share its limits, and one whose account nobody tells has limits of its own', async () => {
    const namespace = await world.createNamespace('role');
    const keys = ['first', 'second', 'third'].map((name) => ({
      accessKeyId: `LTAI${name}`,
      accessKeySecret: `secret-of-${name}`,
      accountId: account,
    }));
    for (const key of keys) world.simulator.addAccessKey(key);
    const withSts = { stsEndpoint: simulated() };
    const specs = [withSts, withSts, {}];
    await world.cluster.apply(
      keys.flatMap(({ accessKeyId, accessKeySecret }, index) => {
        const name = `key-${index}`;
        const credentials = { secretRef: { name } };
        return [
          secret(namespace, name, { accessKeyId, accessKeySecret }),
          world.issuer(namespace, name, { credentials, ...specs[index] }),
        ];
      }),
    );
    for (const index of keys.keys()) {
      await readyOf(`alibabapcaissuer key-${index} -n ${namespace}`, 'Checked');
      const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: `key-${index}` };
      await issue(namespace, `one-${index}`, issuerRef);
    }
    const metrics = await (await fetch(`${world.operator.address}/metrics`)).text();
    const accounts = [...metrics.matchAll(/^pca_issuer_call_limit_per_second\{(.*)action="CreateCustomCertificate"/gm)];
    expect(
      accounts
        .map(([, labels]) => /account="([^"]*)"/.exec(labels ?? '')?.[1])
        .toSorted((a = '', b = '') => a.localeCompare(b)),
    ).toEqual([`${account} at HTTP ${world.simulator.endpoint}`, expect.stringMatching(/^key-[0-9a-f]{16}$/)]);
    expect(metrics).not.toContain('LTAI');
    expect(actions().filter((action) => action.startsWith('GetCallerIdentity'))).toEqual([
      'GetCallerIdentity: ok',
      'GetCallerIdentity: ok',
    ]);
    await world.cluster.kubectl(['delete', 'alibabapcaissuers', '--all', '-n', namespace]);
  });
});

describe('a namespaced issuer', () => {
  it("may not use the operator's role, and the token does not leave the pod", async () => {
    const namespace = await world.createNamespace('role');
    await world.cluster.apply([world.issuer(namespace, 'pca', { credentials: { rrsa: {} } })]);
    const { status, message } = await readyOf(`alibabapcaissuer pca -n ${namespace}`, 'CredentialsNotAllowed');
    expect([status, message, actions()]).toEqual([
      'False',
      "An AlibabaPCAIssuer may not use the operator's own identity (spec.credentials.rrsa). Name a Secret in spec.credentials.secretRef or a ServiceAccount in spec.credentials.serviceAccountRef, use an AlibabaPCAClusterIssuer, or have the administrator start the operator with --issuer-ambient-credentials (Helm: rrsa.namespacedIssuers).",
      [],
    ]);
  });

  it('may take a role with the key of its own Secret, with the right external ID', async () => {
    const namespace = await world.createNamespace('role');
    const assumeRole = { secretRef: { name: 'access-key' }, roleArn, externalId: 'x-1' };
    const spec = (changes: object) => ({
      stsEndpoint: simulated(),
      credentials: { assumeRole: { ...assumeRole, ...changes } },
    });
    await world.cluster.apply([world.issuer(namespace, 'pca', spec({ externalId: 'x-2' }))]);
    const { message } = await readyOf(`alibabapcaissuer pca -n ${namespace}`, 'PermissionDenied');
    expect(message).toContain('AssumeRole at');
    await world.cluster.apply([world.issuer(namespace, 'pca', spec({}))]);
    await readyOf(`alibabapcaissuer pca -n ${namespace}`, 'Checked');
    await world.cluster.apply([certificate(namespace, 'one')]);
    await certificateReady(namespace, 'one');

    await world.cluster.apply([
      secret(namespace, 'access-key', { ...world.simulator.accessKey, accessKeySecret: 'a-wrong-secret' }),
    ]);
    const changed = await readyOf(`alibabapcaissuer pca -n ${namespace}`, 'CredentialsInvalid');
    expect(changed.message).toContain('AssumeRole at');
  });

  it("may use the operator's role where the flag says so, but not choose who gets the token", async () => {
    await restart(['--issuer-ambient-credentials'], { ALIBABA_CLOUD_STS_ENDPOINT: world.simulator.endpoint });
    const namespace = await world.createNamespace('role');
    await world.cluster.apply([
      world.issuer(namespace, 'chooses', { credentials: { rrsa: {} }, stsEndpoint: simulated() }),
      world.issuer(namespace, 'pca', { credentials: { rrsa: {} } }),
    ]);
    await readyOf(`alibabapcaissuer chooses -n ${namespace}`, 'CredentialsNotAllowed');
    // STS of the pod's environment is asked over HTTPS, which the simulator does not speak here.
    const { message } = await readyOf(`alibabapcaissuer pca -n ${namespace}`, 'STSUnavailable');
    expect(message).toContain(
      `AssumeRoleWithOIDC at ${world.simulator.endpoint} failed, no trusted TLS connection could be made (ERR_SSL_WRONG_VERSION_NUMBER)`,
    );
    expect(actions().filter((action) => action.startsWith('AssumeRoleWithOIDC'))).toEqual([]);
  });

  it('leaves no token, secret or temporary key in the log', async () => {
    const log = await world.operator.logs();
    const token = await operatorToken(world.cluster);
    const [header = ''] = token.split('.');
    expect([
      log.includes(header),
      log.includes(world.simulator.accessKey.accessKeySecret),
      /STS\.sim/.test(log),
    ]).toEqual([false, false, false]);
  });
});
