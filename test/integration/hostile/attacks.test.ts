// What tenants try who may write issuers and requests in a namespace of their own, and nothing else: to reach another's limits,
// credentials and Secrets, and places in the operator's network. Each world is real but for Alibaba Cloud.
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { encoded, makeCsr } from '../../support/certificates.ts';
import { conditionsOf, hasCondition } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';

const account = '1000000000000042';
const isReady = { type: 'Ready', status: 'True' };
let world: World;
const servers: Server[] = [];
const simulators: SimulatorHandle[] = [];

beforeAll(async () => {
  world = await World.start({
    flags: ['--retry-base-delay=200ms', '--retry-max-delay=1s', '--secret-check-interval=1s'],
  });
});

afterAll(async () => {
  await world.stop();
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(simulators.splice(0).map(async (simulator) => simulator.close()));
  world.simulator.reset();
});

/** A host of a tenant on this machine; `host` has its address. */
async function serve(listener: (incoming: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, port };
}

/** A simulator of a tenant, with this access key. */
async function tenantService(accessKey: { accessKeyId: string; accessKeySecret: string; accountId: string }) {
  const simulator = await startSimulator({ accessKeys: [accessKey] });
  simulators.push(simulator);
  return simulator;
}

const at = (host: string) => ({ host, protocol: 'HTTP' });

async function readyOf(namespace: string, name: string) {
  return until(`${namespace}/${name} to have been checked`, async () => {
    const found = await world.cluster.get({ apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name });
    const [condition] = found === undefined ? [] : conditionsOf(found);
    if (condition === undefined) throw new NotYet('it has no condition');
    return condition as { readonly status: string; readonly reason: string; readonly message: string };
  });
}

async function issuerReady(namespace: string, name: string): Promise<void> {
  const what = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name };
  await world.cluster.waitForCondition(what, isReady);
}

async function certificateReady(namespace: string, name: string): Promise<void> {
  const what = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name };
  await world.cluster.waitForCondition(what, isReady);
}

async function isTrue(what: ObjectReference, type: string): Promise<boolean> {
  const found = await world.cluster.get(what);
  return found !== undefined && hasCondition(found, { type, status: 'True' });
}

async function forget(...namespaces: readonly string[]): Promise<void> {
  await world.cluster.kubectl(['delete', 'namespace', '--wait=false', ...namespaces]);
}

/** Limits on CreateCustomCertificate, by account. */
async function rates(): Promise<ReadonlyMap<string, number>> {
  const line = /^pca_issuer_call_limit_per_second\{account="([^"]*)".*action="CreateCustomCertificate"\} (\S+)$/gm;
  const found = [...(await world.operator.metrics()).matchAll(line)];
  return new Map(found.map(([, name = '', rate]) => [name, Number(rate)]));
}

/** A victim with an account of its own, whose number its STS knows, that has issued. */
async function victimWithAccount(accessKeyId: string): Promise<{ readonly namespace: string; readonly name: string }> {
  const namespace = await world.createNamespace('victim');
  world.simulator.addAccessKey({ accessKeyId, accessKeySecret: 'victims-secret', accountId: account });
  await world.cluster.apply([
    secret(namespace, 'access-key', { accessKeyId, accessKeySecret: 'victims-secret' }),
    world.issuer(namespace, 'pca', { stsEndpoint: at(world.simulator.endpoint) }),
  ]);
  await issuerReady(namespace, 'pca');
  await world.cluster.apply(certificate(namespace, 'before'));
  await certificateReady(namespace, 'before');
  return { namespace, name: `${account} at HTTP ${world.simulator.endpoint}` };
}

describe("a tenant that knows a victim's account", () => {
  it.each([
    ['takes its number for an access key id', { accessKeyId: account }, false],
    ['has an STS of its own say the number', { accessKeyId: 'LTAItenant' }, true],
  ])('%s, and changes nothing of its limits', async (_, { accessKeyId }, isIssuer) => {
    const victim = await victimWithAccount(`LTAIvictim${isIssuer ? 1 : 0}`);
    const tenant = await world.createNamespace('tenant');
    const evil = await tenantService({ accessKeyId, accessKeySecret: 'whatever', accountId: account });
    evil.setFaults({ throttled: 1_000_000 });
    await world.cluster.apply([
      secret(tenant, 'access-key', { accessKeyId, accessKeySecret: 'whatever' }),
      world.issuer(tenant, 'pca', { endpoint: at(evil.endpoint), stsEndpoint: at(evil.endpoint) }),
    ]);
    const { reason } = await readyOf(tenant, 'pca');
    expect(reason).toBe(isIssuer ? 'Checked' : 'SecretInvalid');
    if (isIssuer) {
      await world.cluster.apply(Array.from({ length: 10 }, (_value, number) => certificate(tenant, `evil-${number}`)));
      await until('the tenant to be throttled often', async () => {
        const tenants = (await rates()).get(`${account} at HTTP ${evil.endpoint}`) ?? (await rates()).get(account);
        if (tenants === undefined || tenants > 10) throw new NotYet(String(tenants));
        return true;
      });
    }
    await world.cluster.apply(certificate(victim.namespace, 'during'));
    await certificateReady(victim.namespace, 'during');
    const found = await rates();
    const rate = found.get(victim.name) ?? found.get(account) ?? 0;
    expect([rate >= 100, evil.calls().length > 0]).toEqual([true, isIssuer]);
    await forget(tenant, victim.namespace);
  });

  it("gives its access key id another account, and the victim's stays what it is", async () => {
    const tenant = await world.createNamespace('tenant');
    const accessKeyId = 'LTAIpinned';
    const evil = await tenantService({ accessKeyId, accessKeySecret: 'guess', accountId: '6666' });
    await world.cluster.apply([
      secret(tenant, 'access-key', { accessKeyId, accessKeySecret: 'guess' }),
      world.issuer(tenant, 'pca', { endpoint: at(evil.endpoint), stsEndpoint: at(evil.endpoint) }),
    ]);
    await issuerReady(tenant, 'pca');
    expect(evil.calls().map(({ action }) => action)).toContain('GetCallerIdentity');
    const victim = await victimWithAccount(accessKeyId);
    expect([...(await rates()).keys()]).toContain(victim.name);
    await forget(tenant, victim.namespace);
  });
});

describe('a tenant with an access key of the same account', () => {
  it('that may not look up has no part in the look-ups of the others', async () => {
    const listedBy: string[] = [];
    const describedBy: string[] = [];
    const { promise: both, resolve: bothList } = Promise.withResolvers<void>();
    const gateway = await serve((incoming, response) => {
      const key = /Credential=([^,]*)/.exec(incoming.headers.authorization ?? '')?.[1] ?? 'nobody';
      const action = incoming.headers['x-acs-action'];
      if (action === 'ListCert') listedBy.push(key);
      if (action === 'DescribeClientCertificate') describedBy.push(key);
      if (action === 'ListCert' && key === 'LTAIdenied') bothList();
      if (key === 'LTAIdenied' && (action === 'ListCert' || action === 'DescribeClientCertificate')) {
        response.writeHead(403, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ Code: 'NoPermission', Message: 'LTAIdenied may not.', RequestId: 'R-1' }));
        return;
      }
      const { method, url, headers } = incoming;
      const onward = forward(`${world.simulator.url}${url}`, { method: method ?? 'POST', headers }, (answer) => {
        // The one list is being read until the other issuer has asked for it, too.
        const pass = (): void => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        };
        if (action === 'ListCert') both.then(pass, pass);
        else pass();
      });
      onward.on('error', () => response.destroy());
      incoming.pipe(onward);
    });
    const teams = await Promise.all(['allowed', 'denied'].map(async (name) => world.createNamespace(name)));
    const [allowed = '', denied = ''] = teams;
    for (const [namespace, accessKeyId] of [
      [allowed, 'LTAIallowed'],
      [denied, 'LTAIdenied'],
    ] as const) {
      world.simulator.addAccessKey({ accessKeyId, accessKeySecret: 'secret-of-it', accountId: account });
      const places = { endpoint: at(gateway.host), stsEndpoint: at(gateway.host) };
      await world.cluster.apply([
        secret(namespace, 'access-key', { accessKeyId, accessKeySecret: 'secret-of-it' }),
        world.issuer(namespace, 'pca', places),
      ]);
      await issuerReady(namespace, 'pca');
    }
    // The answer to each issuing call is lost, so that its certificate must be looked up.
    for (const [namespace, key] of [
      [allowed, 'LTAIallowed'],
      [denied, 'LTAIdenied'],
    ] as const) {
      world.simulator.setFaults({ cutAfterIssuing: 1 });
      await world.cluster.apply(certificate(namespace, 'one'));
      await until(`a look-up by ${key}`, () => listedBy.includes(key));
    }
    const certificateOf = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: allowed, name: 'one' };
    const end = await until('the certificate or a fault', async () => {
      const { reason, message } = await readyOf(allowed, 'pca');
      if (reason !== 'Checked') return message;
      return (await isTrue(certificateOf, 'Ready')) && 'issued';
    });
    expect([end, new Set(describedBy)]).toEqual(['issued', new Set(['LTAIallowed'])]);
    const ofDenied = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace: denied, name: 'pca' };
    await world.cluster.waitForCondition(ofDenied, { type: 'Ready', status: 'False', reason: 'PermissionDenied' });
    await forget(allowed, denied);
  });
});

describe('a tenant that is lent the role of the node', () => {
  it('does not end the credentials of the others by an endpoint of its own', async () => {
    const role = 'acs:ram::1000000000000042:role/node';
    world.simulator.setRole({ arn: role });
    world.simulator.setInstance({ roleArn: role });
    await world.operator.stop();
    await world.startOperator(['--issuer-ecs-role', `--ecs-metadata-address=${world.simulator.endpoint}`]);
    const lent = { credentials: { ecsRole: {} }, stsEndpoint: undefined };
    const [victim, tenant] = [await world.createNamespace('victim'), await world.createNamespace('tenant')];
    await world.cluster.apply([world.issuer(victim, 'pca', lent), certificate(victim, 'before')]);
    await certificateReady(victim, 'before');

    let refusals = 0;
    const evil = await serve((_incoming, response) => {
      refusals += 1;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end('{"Code":"InvalidSecurityToken.Expired","Message":"No.","RequestId":"R-1"}');
    });
    await world.cluster.apply(world.issuer(tenant, 'pca', { ...lent, endpoint: at(evil.host) }));
    expect((await readyOf(tenant, 'pca')).reason).toBe('CredentialsInvalid');
    await world.cluster.kubectl(['delete', 'alibabapcaissuer', 'pca', '-n', tenant]);
    // A check that is under way reads credentials of the tenant's own once more; its gauge goes when none is.
    const ofTenant = new RegExp(`^pca_issuer_issuer_ready\\{.*issuer_namespace="${tenant}"`, 'm');
    await until('the issuer to be forgotten', async () => !ofTenant.test(await world.operator.metrics()));

    // The credentials in use serve on; they are not read anew.
    const reads = world.simulator.metadataCalls().length;
    await world.cluster.apply(certificate(victim, 'after'));
    await certificateReady(victim, 'after');
    expect([refusals >= 2, world.simulator.metadataCalls().length]).toEqual([true, reads]);
    await forget(tenant, victim);
    await world.operator.stop();
    await world.startOperator();
  });
});

describe('a tenant that may read no Secret', () => {
  it('has no value of one sent anywhere, and is told no key of it', async () => {
    const seen: string[] = [];
    const evil = await serve((incoming, response) => {
      const { authorization, 'x-acs-security-token': token } = incoming.headers;
      seen.push(`${authorization} ${String(token)}`);
      response.writeHead(403).end('{"Code":"NoPermission","Message":"No."}');
    });
    const namespace = await world.createNamespace('exfiltration');
    const database = { password: 'correct-horse-battery', pin: 'hunter2hunter2hu', url: 'postgres://u:p@db/x' };
    const wanted = [
      { accessKeyId: 'password', accessKeySecret: 'password', securityToken: 'url' },
      { accessKeyId: 'pin', accessKeySecret: 'password' },
      { accessKeyId: 'url', accessKeySecret: 'password' },
      {},
    ];
    await world.cluster.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace }, stringData: database },
      ...wanted.map((keys, index) =>
        world.issuer(namespace, `wants-${index}`, {
          endpoint: at(evil.host),
          credentials: { secretRef: { name: 'db', keys } },
        }),
      ),
    ]);
    const found = await Promise.all(wanted.map(async (_, index) => readyOf(namespace, `wants-${index}`)));
    expect([seen, found.map(({ reason }) => reason)]).toEqual([[], wanted.map(() => 'SecretInvalid')]);
    expect(found.at(-1)?.message).not.toMatch(/password|pin|url/);
    await forget(namespace);
  });
});

describe("a tenant that looks for places in the operator's network", () => {
  /** Names the hosts in issuers of one namespace, and gives what is said of each. */
  async function name(
    hosts: readonly string[],
  ): Promise<readonly { readonly reason: string; readonly message: string }[]> {
    const namespace = await world.createNamespace('probe');
    await world.cluster.apply(
      hosts.map((host, index) => world.issuer(namespace, `probe-${index}`, { endpoint: at(host) })),
    );
    const found = await Promise.all(hosts.map(async (_, index) => readyOf(namespace, `probe-${index}`)));
    await forget(namespace);
    return found;
  }

  it('is told that it may not name them, whether anything is there or not', async () => {
    let calls = 0;
    const inner = await serve((_incoming, response) => {
      calls += 1;
      response.end('{"Message":"an inner service"}');
    });
    const { host: apiServer } = new URL(world.controlPlane.server);
    const hosts = [
      `localhost:${inner.port}`,
      '169.254.169.254',
      '100.100.100.200',
      'kubernetes.default.svc',
      `localhost:${new URL(`http://${apiServer}`).port}`,
      'localhost:9',
      'bucket.oss-cn-hangzhou.aliyuncs.com',
    ];
    const found = await name(hosts);
    expect([found.map(({ reason, message }) => [reason, message.slice(0, message.indexOf(','))]), calls]).toEqual([
      hosts.map((host) => ['EndpointNotAllowed', `spec.endpoint.host names "${host}"`]),
      0,
    ]);
  });

  it('does not reach them by a name that leads there, either', async () => {
    let calls = 0;
    const inner = await serve((_incoming, response) => {
      calls += 1;
      response.end('{}');
    });
    await world.operator.stop();
    // An administrator who trusts every name.
    await world.startOperator(['--issuer-hosts=*:*']);
    const found = await name([
      `localhost:${inner.port}`,
      `127.0.0.1:${inner.port}`,
      `127.1:${inner.port}`,
      '169.254.169.254',
    ]);
    expect([found.map(({ reason }) => reason), calls]).toEqual([found.map(() => 'EndpointNotAllowed'), 0]);
    expect(found[0]?.message).toContain(
      `DescribeCACertificate at localhost:${inner.port} failed, its host leads to a refused address (AddressRefused).`,
    );
    await world.operator.stop();
    await world.startOperator();
  });
});

describe('requests for issuers that nobody has made', () => {
  it('are one series of metrics together', async () => {
    const lines = async (): Promise<readonly string[]> =>
      (await world.operator.metrics())
        .split('\n')
        .filter((line) => line.startsWith('pca_issuer_certificate_requests_total{') && line.includes('denied'));
    const namespace = await world.createNamespace('labels');
    const names = Array.from({ length: 10 }, (_, number) => `nobody-${number}`);
    // It would approve them.
    await world.controlPlane.component('cert-manager').kill();
    const request = encoded(await makeCsr('P-256', { subject: [{ CN: ['a.example'] }] }));
    for (const name of names) {
      const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name };
      await world.cluster.apply({
        apiVersion: 'cert-manager.io/v1',
        kind: 'CertificateRequest',
        metadata: { name, namespace },
        spec: { request, issuerRef },
      });
      await world.cluster.patch(
        { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace, name },
        { status: { conditions: [{ type: 'Denied', status: 'True', reason: 'policy', message: 'No.' }] } },
        'status',
      );
    }
    await until('all to be counted', async () => {
      const counted = (await lines()).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
      if (counted < names.length) throw new NotYet(String(counted));
      return true;
    });
    expect(await lines()).toEqual([
      'pca_issuer_certificate_requests_total{issuer_kind="AlibabaPCAIssuer",issuer_namespace="",issuer="",result="denied"} 10',
    ]);
  });
});
