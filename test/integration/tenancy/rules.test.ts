// Rules of the administrator on a real API server, with the rights that the chart gives: what each forbids is tried by who may
// write issuers in a namespace, and what it allows issues.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { launchOperator } from '../../support/operator-process.ts';
import { operatorToken, trustClusterTokens } from '../../support/cluster-tokens.ts';
import { readProduct, serviceAccountTokens } from '../../support/product.ts';
import { adviceToRenew } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../../support/world.ts';

const account = '1234567890123456';
const providerArn = `acs:ram::${account}:oidc-provider/c1`;
const role = (name: string): string => `acs:ram::${account}:role/${name}`;
const contact = 'Ask the platform team in #pki.';
let world: World;
let tokenFile: string;
let evil: Server;
let evilHost: string;
let evilCalls = 0;
// Of teams with rules of their own.
let shop: string;
let bank: string;
let nobody: string;

const simulated = () => ({ host: world.simulator.endpoint, protocol: 'HTTP' });

/** The rules of all tests; `changes` are to the one of the shop. */
function rules(changes: object = {}): object {
  const hosts = [world.simulator.endpoint];
  return {
    contact,
    rules: [
      {
        name: 'shop',
        namespaces: ['shop-*'],
        contact: 'shop-pki@example.com',
        identities: ['Secret', 'ServiceAccount'],
        roleArns: [role('shop-*')],
        parentIdentifiers: ['sim-sub-ecc-*'],
        hosts,
        limits: { maxDuration: '24h', certificatesPerDay: 3 },
        ...changes,
      },
      { name: 'bank', namespaces: ['bank-*'], identities: ['NodeRole', 'OperatorRole'], hosts },
      { name: 'cluster', cluster: true, identities: ['OperatorRole'], hosts, roleArns: [role('cluster-*')] },
    ],
  };
}

const rulesFile = (): string => join(world.controlPlane.directory, 'issuer-rules.json');

/** Starts the operator with these rules, after the one that runs has stopped. */
async function startWith(file: object, isFirst = false): Promise<void> {
  await writeFile(rulesFile(), JSON.stringify(file));
  if (!isFirst) await world.operator.stop();
  await world.startOperator([`--issuer-rules=${rulesFile()}`, `--ecs-metadata-address=${world.simulator.endpoint}`], {
    ALIBABA_CLOUD_ROLE_ARN: role('operator'),
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
    ALIBABA_CLOUD_STS_ENDPOINT: world.simulator.endpoint,
  });
}

beforeAll(async () => {
  evil = createServer((_incoming, response) => {
    evilCalls += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => void evil.listen(0, '127.0.0.1', resolve));
  evilHost = `127.0.0.1:${(evil.address() as AddressInfo).port}`;
  world = await World.start({
    operator: false,
    flags: ['--secret-check-interval=500ms', '--issuer-check-interval=2s', '--retry-max-delay=1s'],
  });
  await trustClusterTokens(world, providerArn);
  const product = await readProduct();
  tokenFile = join(world.controlPlane.directory, 'oidc-token');
  await writeFile(tokenFile, await operatorToken(world.cluster));
  [shop, bank, nobody] = [
    await world.createNamespace('shop'),
    await world.createNamespace('bank'),
    await world.createNamespace('nobody'),
  ];
  for (const team of [shop, bank]) {
    const metadata = { name: 'pca', namespace: team };
    await world.cluster.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      ...serviceAccountTokens(product, team),
    ]);
  }
  trustEverybody();
  await startWith(rules(), true);
});

afterAll(async () => {
  evil.closeAllConnections();
  evil.close();
  await world.stop();
});

/** RAM stands in nobody's way: every role trusts whoever a test may have ask for it. */
function trustEverybody(): void {
  const trustedTokens = [
    `system:serviceaccount:${shop}:pca`,
    `system:serviceaccount:${bank}:pca`,
    'system:serviceaccount:alibaba-pca-issuer:alibaba-pca-issuer',
  ].map((subject) => ({ oidcProviderArn: providerArn, subject }));
  const trustedAccessKeyIds = [world.simulator.accessKey.accessKeyId];
  const names = ['shop-a', 'bank-a', 'cluster-a', 'operator', 'node'];
  const trustedRoleArns = names.map(role);
  for (const name of names)
    world.simulator.setRole({ arn: role(name), trustedTokens, trustedAccessKeyIds, trustedRoleArns });
  world.simulator.setInstance({ roleArn: role('node') });
}

beforeEach(() => {
  world.simulator.reset();
  trustEverybody();
  evilCalls = 0;
});

const places = () => ({ endpoint: simulated(), stsEndpoint: simulated() });

function clusterIssuer(name: string, spec: object): Manifest {
  return {
    apiVersion: issuerApiVersion,
    kind: 'AlibabaPCAClusterIssuer',
    metadata: { name },
    spec: { parentIdentifier: 'sim-sub-ecc-p256', ...places(), ...spec },
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

async function readyOf(issuer: Manifest, wanted: readonly string[]): Promise<Condition> {
  const { apiVersion, kind, metadata } = issuer;
  const { name, namespace } = metadata;
  const what = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  return until(`${kind} ${name} to be ${wanted.join(' or ')}`, async () => {
    const found = await world.cluster.get(what);
    const generation = found?.metadata['generation'];
    const conditions = (found === undefined ? [] : conditionsOf(found)) as readonly (Condition & {
      readonly observedGeneration?: number;
    })[];
    const ready = conditions.find(({ type }) => type === 'Ready');
    if (ready === undefined || ready.observedGeneration !== generation || !wanted.includes(ready.reason))
      throw new NotYet(JSON.stringify(ready));
    return ready;
  });
}

const certificateOf = (namespace: string, name: string) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  namespace,
  name,
});

const requestOf = (namespace: string, name: string) => ({
  ...certificateOf(namespace, name),
  kind: 'CertificateRequest',
});

function ask(namespace: string, name: string, issuer: Manifest, spec: object = {}): Manifest {
  const issuerRef = { group: 'pca.alibabacloud.com', kind: issuer.kind, name: issuer.metadata.name };
  return certificate(namespace, name, { issuerRef, duration: '12h', ...spec });
}

async function issued(namespace: string, name: string): Promise<void> {
  await world.cluster.waitForCondition(certificateOf(namespace, name), { type: 'Ready', status: 'True' });
}

/** The message of the request of a Certificate once it has these words. */
async function told(namespace: string, name: string, words: string): Promise<string> {
  return until(`${name} to say ${words}`, async () => {
    const found = await world.cluster.get(requestOf(namespace, `${name}-1`));
    const ready = (found === undefined ? [] : conditionsOf(found)).find(({ type }) => type === 'Ready');
    if (ready?.message?.includes(words) !== true) throw new NotYet(JSON.stringify(ready));
    return `${String(ready.reason)}: ${ready.message}`;
  });
}

const change = 'Change the field, or ask for another rule (--issuer-rules; Helm: issuerRules).';
const ofShop = () =>
  `which rule "shop" of the administrator does not allow to AlibabaPCAIssuers of namespace "${shop}". It allows`;
const ofBank = () =>
  `which rule "bank" of the administrator does not allow to AlibabaPCAIssuers of namespace "${bank}". It allows`;
const account1 = (name: string, roleName: string) => ({ serviceAccountRef: { name, roleArn: role(roleName) } });

describe('a tenant is refused, and nothing is sent anywhere', () => {
  interface Attack {
    readonly by?: 'bank' | 'nobody';
    readonly spec: () => object;
    readonly says: () => string;
  }
  const toShop = (what: string, allowed: string) => () =>
    `${what}, ${ofShop()} ${allowed}. ${change} Contact: shop-pki@example.com`;

  const attacks: Readonly<Record<string, Attack>> = {
    "with the operator's role": {
      spec: () => ({ credentials: { rrsa: {} }, stsEndpoint: undefined }),
      says: toShop("spec.credentials.rrsa is the operator's own role (OperatorRole)", 'Secret, ServiceAccount'),
    },
    'with the role of the node': {
      spec: () => ({ credentials: { ecsRole: {} }, stsEndpoint: undefined }),
      says: toShop("spec.credentials.ecsRole is the role of the operator's node (NodeRole)", 'Secret, ServiceAccount'),
    },
    'with a role that trusts the operator': {
      by: 'bank',
      spec: () => ({ credentials: { rrsa: { roleArn: role('shop-a') } }, stsEndpoint: undefined }),
      says: () =>
        `spec.credentials.rrsa.roleArn is "${role('shop-a')}", ${ofBank()} no other role with this identity (roleArns). ${change} Contact: ${contact}`,
    },
    'with a role that trusts the node': {
      by: 'bank',
      spec: () => ({ credentials: { ecsRole: {}, assumeRole: { roleArn: role('shop-a') } }, stsEndpoint: undefined }),
      says: () =>
        `spec.credentials.assumeRole.roleArn is "${role('shop-a')}", ${ofBank()} no other role with this identity (roleArns). ${change} Contact: ${contact}`,
    },
    'with the role of another team for its ServiceAccount': {
      spec: () => ({ credentials: account1('pca', 'bank-a') }),
      says: toShop(
        `spec.credentials.serviceAccountRef.roleArn is "${role('bank-a')}"`,
        `acs:ram::${account}:role/shop-*`,
      ),
    },
    'with the role of another team for its access key': {
      spec: () => ({ credentials: { secretRef: { name: 'access-key' }, assumeRole: { roleArn: role('bank-a') } } }),
      says: toShop(`spec.credentials.assumeRole.roleArn is "${role('bank-a')}"`, `acs:ram::${account}:role/shop-*`),
    },
    'with a host of its own for PCA': {
      spec: () => ({ endpoint: { host: evilHost, protocol: 'HTTP' } }),
      says: () => toShop(`spec.endpoint.host is "${evilHost}"`, world.simulator.endpoint)(),
    },
    'with a host of its own for STS': {
      spec: () => ({ stsEndpoint: { host: evilHost, protocol: 'HTTP' } }),
      says: () => toShop(`spec.stsEndpoint.host is "${evilHost}"`, world.simulator.endpoint)(),
    },
    'with a host of its own for the credentials of the node': {
      by: 'bank',
      spec: () => ({
        credentials: { ecsRole: {} },
        endpoint: { host: evilHost, protocol: 'HTTP' },
        stsEndpoint: undefined,
      }),
      says: () =>
        `spec.endpoint.host is "${evilHost}", ${ofBank()} ${world.simulator.endpoint}. ${change} Contact: ${contact}`,
    },
    'with the CA of another team': {
      spec: () => ({ parentIdentifier: 'sim-sub-rsa-2048' }),
      says: toShop('spec.parentIdentifier is "sim-sub-rsa-2048"', 'sim-sub-ecc-*'),
    },
    'with a bought instance': {
      spec: () => ({ externalCA: { instanceIds: ['cas_deposit-cn-1'] } }),
      says: toShop('spec.externalCA.instanceIds is "cas_deposit-cn-1"', 'no CA certificates (instanceIds)'),
    },
    'with longer lifetimes': {
      spec: () => ({ validity: { maxDuration: '48h' } }),
      says: toShop('spec.validity.maxDuration is 48h0m0s', 'at most 24h0m0s (limits.maxDuration)'),
    },
    'with more certificates': {
      spec: () => ({ issuanceLimits: { certificatesPerDay: 4 } }),
      says: toShop('spec.issuanceLimits.certificatesPerDay is 4', 'at most 3 (limits.certificatesPerDay)'),
    },
    'in a namespace that no rule is for': {
      by: 'nobody',
      spec: () => ({}),
      says: () =>
        `The administrator has no rule for AlibabaPCAIssuers of namespace "${nobody}", so none is allowed. Ask for one (--issuer-rules; Helm: issuerRules). Contact: ${contact}`,
    },
  };

  it.each(Object.entries(attacks))('%s', async (name, { by, spec, says }) => {
    const namespace = { bank, nobody, shop }[by ?? 'shop'];
    const issuer = world.issuer(namespace, name.replaceAll(/[^a-z]+/gi, '-').toLowerCase(), { ...places(), ...spec() });
    await world.cluster.apply(issuer);
    const answers = ['IssuerNotAllowed', 'Checked', 'STSUnavailable', 'PermissionDenied', 'UnreadableAnswer'];
    const { status, reason, message } = await readyOf(issuer, answers);
    expect([status, reason, message]).toEqual(['False', 'IssuerNotAllowed', says()]);
    expect([world.simulator.calls(), world.simulator.metadataCalls(), evilCalls]).toEqual([[], [], 0]);
  });

  it('and so is a cluster issuer', async () => {
    const issuer = clusterIssuer('refused', { credentials: { secretRef: { name: 'access-key' } } });
    await world.cluster.apply(issuer);
    expect((await readyOf(issuer, ['IssuerNotAllowed', 'SecretNotFound'])).message).toBe(
      `spec.credentials.secretRef is an access key (Secret), which rule "cluster" of the administrator does not allow to AlibabaPCAClusterIssuers. It allows OperatorRole. ${change} Contact: ${contact}`,
    );
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'refused']);
  });

  it('and no issuer can name a ServiceAccount of another namespace', async () => {
    const credentials = { serviceAccountRef: { name: 'pca', namespace: bank, roleArn: role('shop-a') } };
    await expect(world.cluster.apply(world.issuer(shop, 'elsewhere', { credentials }))).rejects.toThrow(
      /serviceAccountRef\.namespace: field not declared in schema/,
    );
  });
});

describe('what is allowed issues', () => {
  const tokens = { name: 'pca', roleArn: role('shop-a') };

  it.each<[string, 'shop' | 'bank', () => object]>([
    ['an access key', 'shop', () => ({})],
    ['the role of a ServiceAccount', 'shop', () => ({ credentials: { serviceAccountRef: tokens } })],
    ['the role of the node', 'bank', () => ({ credentials: { ecsRole: {} }, stsEndpoint: undefined })],
  ])('%s', async (what, team, spec) => {
    const namespace = { shop, bank }[team];
    const name = `allowed-${what.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}`;
    const issuer = world.issuer(namespace, name, { ...places(), ...spec() });
    await world.cluster.apply(issuer);
    await readyOf(issuer, ['Checked']);
    await world.cluster.apply(ask(namespace, name, issuer));
    await issued(namespace, name);
  });

  it("the operator's role, to a cluster issuer with a role below it", async () => {
    const issuer = clusterIssuer('allowed', { credentials: { rrsa: {}, assumeRole: { roleArn: role('cluster-a') } } });
    await world.cluster.apply([issuer, ask(bank, 'of-cluster', issuer)]);
    await issued(bank, 'of-cluster');
    await world.cluster.kubectl(['delete', 'alibabapcaclusterissuer', 'allowed']);
  });

  it("the operator's role, to a namespace whose rule lends it", async () => {
    const issuer = world.issuer(bank, 'lent', { credentials: { rrsa: {} } });
    await world.cluster.apply(issuer);
    // STS of the pod's environment is asked over HTTPS, which the simulator does not speak here.
    const { message } = await readyOf(issuer, ['STSUnavailable', 'CredentialsNotAllowed', 'IssuerNotAllowed']);
    expect(message).toContain(`AssumeRoleWithOIDC at ${world.simulator.endpoint} failed`);
  });
});

describe('the limits of a rule', () => {
  it('hold for issuers that set none: a longer lifetime is refused', async () => {
    const issuer = world.issuer(shop, 'unlimited');
    await world.cluster.apply([issuer, ask(shop, 'long', issuer, { duration: '48h' })]);
    expect(await told(shop, 'long', 'rule "shop"')).toBe(
      `Failed: spec.duration: 48h0m0s is longer than the administrator's rule "shop" allows to the issuer (maxDuration 24h0m0s). Ask for at most 24h0m0s, or ask for another rule. Contact: shop-pki@example.com${adviceToRenew({ namespace: shop, name: 'long' })}`,
    );
    await world.cluster.kubectl(['delete', 'certificate', 'long', '-n', shop]);
  });

  it('are for all issuers of the namespace together, whatever they are called', async () => {
    // Nothing that an earlier test issued counts here.
    const namespace = await world.createNamespace('shop');
    const issuers = ['a', 'b'].map((name) => world.issuer(namespace, name));
    await world.cluster.apply([
      ...issuers,
      ...issuers.flatMap((issuer) =>
        [1, 2].map((number) => ask(namespace, `${issuer.metadata.name}-${number}`, issuer)),
      ),
    ]);
    const names = ['a-1', 'a-2', 'b-1', 'b-2'];
    const held = await until('one to be held', async () => {
      const all = await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace });
      const messages = all.flatMap((each) => conditionsOf(each).filter(({ type }) => type === 'Ready'));
      const ends = messages.filter(({ status, message }) => status === 'True' || message?.startsWith('Held') === true);
      if (ends.length < names.length) throw new NotYet(messages.map(({ message }) => message));
      return ends.flatMap(({ status, message = '' }) => (status === 'True' ? [] : [message]));
    });
    expect(held).toEqual([
      expect.stringMatching(
        `^Held: certificatesPerDay 3 of the administrator's rule "shop" for the AlibabaPCAIssuers of namespace "${namespace}" together is used up\\. It continues automatically at \\S+Z\\. Ask for another rule if more are wanted\\. Contact: shop-pki@example\\.com$`,
      ),
    ]);
    expect(world.simulator.issued()).toHaveLength(3);
  });
});

describe('what changes is judged anew', () => {
  it('an issuer that is edited is closed, its requests wait with the reason, and go on when it is mended', async () => {
    const namespace = await world.createNamespace('shop');
    const issuer = world.issuer(namespace, 'edited');
    await world.cluster.apply(issuer);
    await readyOf(issuer, ['Checked']);
    await world.cluster.apply(world.issuer(namespace, 'edited', { parentIdentifier: 'sim-sub-rsa-2048' }));
    await world.cluster.apply(ask(namespace, 'waits', issuer));
    expect(await told(namespace, 'waits', 'IssuerNotAllowed')).toBe(
      `Pending: Waiting for AlibabaPCAIssuer "${namespace}/edited", which is not ready (IssuerNotAllowed). See: kubectl describe alibabapcaissuer edited -n ${namespace}. This request then continues automatically.`,
    );
    expect(world.simulator.issued()).toEqual([]);
    await world.cluster.apply(issuer);
    await issued(namespace, 'waits');
  });

  it('a stricter rule closes what a former one allowed, and a wider one opens it again', async () => {
    const namespace = await world.createNamespace('shop');
    const issuer = world.issuer(namespace, 'former');
    await world.cluster.apply([issuer, ask(namespace, 'before', issuer)]);
    await issued(namespace, 'before');
    await startWith(rules({ identities: ['ServiceAccount'] }));
    const { message } = await readyOf(issuer, ['IssuerNotAllowed']);
    expect(message).toContain('spec.credentials.secretRef is an access key (Secret), which rule "shop"');
    await world.cluster.apply(ask(namespace, 'waits', issuer));
    await told(namespace, 'waits', 'which is not ready (IssuerNotAllowed)');
    expect(world.simulator.issued()).toHaveLength(1);
    await startWith(rules());
    await issued(namespace, 'waits');
  });

  it('no operator starts with rules that it does not understand', async () => {
    const file = join(world.controlPlane.directory, 'odd-rules.json');
    await writeFile(file, JSON.stringify(rules({ parentIdentifier: ['x'] })));
    const operator = await launchOperator({
      kubeconfig: world.operatorKubeconfig,
      namespace: world.namespace,
      logFile: join(world.controlPlane.directory, 'odd-rules.log'),
      flags: [`--issuer-rules=${file}`],
    });
    expect((await operator.ended).code).toBe(1);
    expect(await operator.logs()).toContain(
      `The operator cannot run: --issuer-rules: ${file}: rules[0].parentIdentifier is no field of a rule file here; known are name, namespaces,`,
    );
  });
});
