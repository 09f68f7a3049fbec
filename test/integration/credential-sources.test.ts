// Each source of credentials, alone and below a role, from `kubectl apply` to a certificate: tokens of the real API server, with
// the rights that the chart gives, verified by the simulated STS against the cluster's own keys.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Manifest } from '../support/cluster.ts';
import { operatorToken, stsAudience, trustClusterTokens } from '../support/cluster-tokens.ts';
import { readProduct, serviceAccountTokens } from '../support/product.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../support/world.ts';

const account = '1234567890123456';
const other = '6543210987654321';
const providerArn = `acs:ram::${account}:oidc-provider/c1`;
const roleOf = (name: string): string => `acs:ram::${account}:role/${name}`;
const target = `acs:ram::${other}:role/issue`;
let world: World;

beforeAll(async () => {
  world = await World.start({
    operator: false,
    flags: ['--secret-check-interval=500ms', '--issuer-check-interval=2s', '--retry-max-delay=2s'],
  });
  await trustClusterTokens(world, providerArn);
  const tokenFile = join(world.controlPlane.directory, 'oidc-token');
  await writeFile(tokenFile, await operatorToken(world.cluster));
  // The operator has a token, and no role of its own.
  await world.startOperator([`--ecs-metadata-address=${world.simulator.endpoint}`], {
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
  });
});

afterAll(async () => {
  await world.stop();
});

beforeEach(() => {
  world.simulator.reset();
});

const simulated = () => ({ host: world.simulator.endpoint, protocol: 'HTTP' });

function serviceAccount(namespace: string, name = 'pca'): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
}

function trust(arn: string, namespace: string, name = 'pca'): void {
  const subject = `system:serviceaccount:${namespace}:${name}`;
  world.simulator.setRole({ arn, trustedTokens: [{ oidcProviderArn: providerArn, subject }] });
}

/** A namespace with a ServiceAccount of which the operator may make tokens. */
async function prepared(): Promise<string> {
  const namespace = await world.createNamespace('source');
  await world.cluster.apply([serviceAccount(namespace), ...serviceAccountTokens(await readProduct(), namespace)]);
  return namespace;
}

function issuer(namespace: string | undefined, name: string, credentials: object): Manifest {
  return {
    apiVersion: issuerApiVersion,
    kind: namespace === undefined ? 'AlibabaPCAClusterIssuer' : 'AlibabaPCAIssuer',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { parentIdentifier: 'sim-sub-ecc-p256', endpoint: simulated(), stsEndpoint: simulated(), credentials },
  };
}

interface Ready {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

async function readyOf(namespace: string | undefined, name: string, wanted: string): Promise<Ready> {
  const where =
    namespace === undefined ? ['alibabapcaclusterissuer', name] : ['alibabapcaissuer', name, '-n', namespace];
  return until(`${name} to be ${wanted}`, async () => {
    const object = JSON.parse(await world.cluster.kubectl(['get', ...where, '-o', 'json'])) as {
      readonly status?: { readonly conditions: readonly (Ready & { readonly type: string })[] };
    };
    const ready = object.status?.conditions.find(({ type }) => type === 'Ready');
    if (ready?.reason !== wanted) throw new NotYet(JSON.stringify(ready));
    return ready;
  });
}

async function issued(namespace: string, name: string, issuerRef: object): Promise<void> {
  const reference = { group: 'pca.alibabacloud.com', ...issuerRef };
  await world.cluster.apply([certificate(namespace, name, { issuerRef: reference })]);
  const what = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
  await world.cluster.waitForCondition(what, { type: 'Ready', status: 'True' });
}

/** How STS was asked for a role, and how it answered. */
const taken = (roleArn: string) =>
  world.simulator
    .calls()
    .filter(({ action, parameters }) => action.startsWith('AssumeRole') && parameters['RoleArn'] === roleArn)
    .map(({ action, outcome }) => `${action}: ${outcome}`);

describe('a ServiceAccount', () => {
  it('takes the role of its namespace, from the right that is missing to a certificate', async () => {
    const namespace = await world.createNamespace('source');
    const roleArn = roleOf(namespace);
    await world.cluster.apply([issuer(namespace, 'pca', { serviceAccountRef: { name: 'pca', roleArn } })]);
    const forbidden = await readyOf(namespace, 'pca', 'ServiceAccountForbidden');
    expect(forbidden.message).toContain('(Helm: add the namespace to serviceAccountTokens.namespaces).');

    await world.cluster.apply(serviceAccountTokens(await readProduct(), namespace));
    const missing = await readyOf(namespace, 'pca', 'ServiceAccountNotFound');
    expect(missing.message).toBe(
      `ServiceAccount "${namespace}/pca", named by spec.credentials.serviceAccountRef, does not exist. Create it, and name it in the trust policy of the role; the issuer is checked again automatically.`,
    );

    world.simulator.setRole({ arn: roleArn });
    await world.cluster.apply([serviceAccount(namespace)]);
    const untrusted = await readyOf(namespace, 'pca', 'PermissionDenied');
    expect(untrusted.message).toContain('AuthenticationFail.NoPermission, HTTP 401');

    trust(roleArn, namespace);
    await readyOf(namespace, 'pca', 'Checked');
    await issued(namespace, 'one', { kind: 'AlibabaPCAIssuer', name: 'pca' });
    expect(taken(roleArn).at(-1)).toBe('AssumeRoleWithOIDC: ok');
  });

  it("does not take another namespace's role, and shares no session with its namesake there", async () => {
    const [shop, bank] = [await prepared(), await prepared()];
    const roleArn = roleOf(shop);
    trust(roleArn, shop);
    const credentials = { serviceAccountRef: { name: 'pca', roleArn } };
    await world.cluster.apply([issuer(shop, 'pca', credentials)]);
    await readyOf(shop, 'pca', 'Checked');
    await world.cluster.apply([issuer(bank, 'pca', credentials)]);
    const { message } = await readyOf(bank, 'pca', 'PermissionDenied');
    expect(message).toContain('AssumeRoleWithOIDC at');
    await readyOf(shop, 'pca', 'Checked');
  });

  it('that is deleted ends the issuer, and made anew it takes the role anew', async () => {
    const namespace = await prepared();
    const roleArn = roleOf(namespace);
    trust(roleArn, namespace);
    await world.cluster.apply([issuer(namespace, 'pca', { serviceAccountRef: { name: 'pca', roleArn } })]);
    await readyOf(namespace, 'pca', 'Checked');
    await world.cluster.kubectl(['delete', 'serviceaccount', 'pca', '-n', namespace]);
    await readyOf(namespace, 'pca', 'ServiceAccountNotFound');
    const before = taken(roleArn).length;
    await world.cluster.apply([serviceAccount(namespace)]);
    await readyOf(namespace, 'pca', 'Checked');
    expect(taken(roleArn).slice(before)).toEqual(['AssumeRoleWithOIDC: ok']);
  });

  it('whose tokens may not be made says which right is missing, where only that is', async () => {
    const namespace = await prepared();
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace };
    const { serviceAccount: operator } = await readProduct();
    await world.cluster.patch(
      { ...role, name: `${operator.name}-tokens` },
      {
        rules: [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] }],
      },
    );
    const roleArn = roleOf(namespace);
    await world.cluster.apply([issuer(namespace, 'pca', { serviceAccountRef: { name: 'pca', roleArn } })]);
    const { message } = await readyOf(namespace, 'pca', 'ServiceAccountForbidden');
    expect(message).toContain(
      `Asking for a token of ServiceAccount "${namespace}/pca" at the API server failed, the operator may not make tokens there (TokenRequestForbidden): POST /api/v1/namespaces/${namespace}/serviceaccounts/pca/token was answered 403 Forbidden: serviceaccounts "pca" is forbidden`,
    );
  });

  it('with a token for somebody else is told of the audience', async () => {
    const namespace = await prepared();
    const roleArn = roleOf(namespace);
    trust(roleArn, namespace);
    const ref = { name: 'pca', roleArn, audience: 'somebody-else' };
    await world.cluster.apply([issuer(namespace, 'pca', { serviceAccountRef: ref })]);
    const { message } = await readyOf(namespace, 'pca', 'CredentialsInvalid');
    expect(message).toContain('AuthenticationFail.OIDCToken.AudienceNotMatch, HTTP 401');
    await world.cluster.apply([issuer(namespace, 'pca', { serviceAccountRef: { ...ref, audience: stsAudience } })]);
    await readyOf(namespace, 'pca', 'Checked');
  });

  it("of a cluster issuer is in the operator's namespace", async () => {
    const { serviceAccount: operator } = await readProduct();
    const roleArn = roleOf('cluster');
    trust(roleArn, operator.namespace, 'cluster-pca');
    await world.cluster.apply([
      serviceAccount(operator.namespace, 'cluster-pca'),
      ...serviceAccountTokens(await readProduct(), operator.namespace),
      issuer(undefined, 'by-account', { serviceAccountRef: { name: 'cluster-pca', roleArn } }),
    ]);
    await readyOf(undefined, 'by-account', 'Checked');
    await issued(await world.createNamespace('source'), 'one', { kind: 'AlibabaPCAClusterIssuer', name: 'by-account' });
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'by-account']);
  });
});

describe('the role of the node', () => {
  it('issues for a cluster issuer once it is attached, over IMDSv2 alone', async () => {
    world.simulator.setInstance({});
    await world.cluster.apply([issuer(undefined, 'by-node', { ecsRole: { name: 'node' } })]);
    const { message } = await readyOf(undefined, 'by-node', 'CredentialsInvalid');
    expect(message).toMatch(
      /^Reading the role of the ECS instance at 127\.0\.0\.1:\d+ failed, the instance has no such role \(InstanceRoleNotAttached, HTTP 404\)\. /,
    );
    world.simulator.setRole({ arn: roleOf('node') });
    world.simulator.setInstance({ roleArn: roleOf('node') });
    await readyOf(undefined, 'by-node', 'Checked');
    await issued(await world.createNamespace('source'), 'one', { kind: 'AlibabaPCAClusterIssuer', name: 'by-node' });
    const reads = world.simulator.metadataCalls().filter(({ status }) => status === 200);
    expect(new Set(reads.map(({ method, hasToken }) => `${method} ${hasToken}`))).toEqual(
      new Set(['PUT false', 'GET true']),
    );
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'by-node']);
  });

  it('is not lent to a namespaced issuer, and nobody asks the metadata service', async () => {
    const namespace = await prepared();
    await world.cluster.apply([issuer(namespace, 'pca', { ecsRole: {} })]);
    const { message } = await readyOf(namespace, 'pca', 'CredentialsNotAllowed');
    expect([message.includes('--issuer-ecs-role'), world.simulator.metadataCalls()]).toEqual([true, []]);
  });
});

describe('a role of another account', () => {
  const assumeRole = { roleArn: target, externalId: 'x-1' };

  it('is assumed on top of every source', async () => {
    const namespace = await prepared();
    const { serviceAccount: operator } = await readProduct();
    const { simulator } = world;
    trust(roleOf(namespace), namespace);
    trust(roleOf('operator'), operator.namespace, operator.name);
    simulator.setRole({ arn: roleOf('node') });
    simulator.setInstance({ roleArn: roleOf('node') });
    simulator.setRole({
      arn: target,
      trustedRoleArns: [roleOf(namespace), roleOf('operator'), roleOf('node')],
      trustedAccessKeyIds: [simulator.accessKey.accessKeyId],
      externalId: 'x-1',
    });
    const sources: readonly (readonly [string | undefined, string, object])[] = [
      [namespace, 'top-account', { serviceAccountRef: { name: 'pca', roleArn: roleOf(namespace) } }],
      [namespace, 'top-key', { secretRef: { name: 'access-key' } }],
      [undefined, 'top-operator', { rrsa: { roleArn: roleOf('operator') } }],
      [undefined, 'top-node', { ecsRole: {} }],
    ];
    await world.cluster.apply(
      sources.map(([where, name, source]) =>
        issuer(where, name, { ...source, assumeRole: { ...assumeRole, sessionName: name } }),
      ),
    );
    for (const [where, name] of sources) {
      await readyOf(where, name, 'Checked');
      const kind = where === undefined ? 'AlibabaPCAClusterIssuer' : 'AlibabaPCAIssuer';
      await issued(namespace, name, { kind, name });
    }
    const onTop = simulator.calls().filter(({ action }) => action === 'AssumeRole');
    expect(
      new Set(
        onTop.map(
          ({ parameters, outcome }) => `${parameters['RoleSessionName']} ${parameters['ExternalId']} ${outcome}`,
        ),
      ),
    ).toEqual(new Set(sources.map(([, name]) => `${name} x-1 ok`)));
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'top-operator', 'top-node']);
  });

  it('with a session policy does what that allows, and no more', async () => {
    const namespace = await prepared();
    trust(roleOf(namespace), namespace);
    world.simulator.setRole({ arn: target, trustedRoleArns: [roleOf(namespace)], externalId: 'x-1' });
    const policy = (...actions: readonly string[]): string =>
      JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
    const credentials = (text: string) => ({
      serviceAccountRef: { name: 'pca', roleArn: roleOf(namespace) },
      assumeRole: { ...assumeRole, policy: text },
    });
    await world.cluster.apply([issuer(namespace, 'pca', credentials(policy('yundun-cert:ListCert')))]);
    const { message } = await readyOf(namespace, 'pca', 'PermissionDenied');
    expect(message).toContain('Denied: yundun-cert:DescribeCACertificate for issue:alibaba-pca-issuer.');
    const enough = ['yundun-cert:Describe*', 'yundun-cert:Create*', 'yundun-cert:List*'];
    await world.cluster.apply([issuer(namespace, 'pca', credentials(policy(...enough)))]);
    await readyOf(namespace, 'pca', 'Checked');
    await issued(namespace, 'one', { kind: 'AlibabaPCAIssuer', name: 'pca' });
  });
});

it('no token, secret or temporary key is in the log', async () => {
  const log = await world.operator.logs();
  // Every token of the API server begins so.
  expect([
    /eyJhbGciOi/.test(log),
    log.includes(world.simulator.accessKey.accessKeySecret),
    /STS\.sim/.test(log),
  ]).toEqual([false, false, false]);
});
