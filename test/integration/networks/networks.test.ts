// The ways to PCA and STS through the real operator: networks, regions, plain HTTP, and real proxies, which count.
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import { ProxyProcess } from '../../support/proxy-process.ts';
import type { ProxyOptions } from '../../support/proxy-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, secret, World } from '../../support/world.ts';

const roleArn = 'acs:ram::1234567890123456:role/pca-issuer';
const hosts = ['cas', 'cas-vpc', 'sts', 'sts-vpc'].flatMap((service) =>
  ['cn-hangzhou', 'ap-southeast-1'].map((region) => `${service}.${region}.aliyuncs.com`),
);
const names = ['cas.aliyuncs.com', ...hosts, 'pca.test'];
const flags = [
  '--issuer-hosts=127.0.0.1:*,*.test:*,cas.aliyuncs.com,cas.*.aliyuncs.com,cas-vpc.*.aliyuncs.com',
  '--issuer-check-interval=2s',
  '--secret-check-interval=1s',
  '--retry-max-delay=2s',
  '--leader-elect=false',
];
const withNames = {
  NODE_OPTIONS: `--import ${fileURLToPath(new URL('./names-preload.ts', import.meta.url))}`,
};

let world: World;
const opened: { stop(): Promise<unknown> }[] = [];

beforeAll(async () => {
  world = await World.start({
    operator: false,
    flags,
    simulator: {
      protocol: 'HTTPS',
      names,
      authorities: [
        { identifier: 'root', algorithm: 'ECC_256', kind: 'ROOT' },
        { identifier: 'hangzhou', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'root', region: 'cn-hangzhou' },
        { identifier: 'singapore', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'root', region: 'ap-southeast-1' },
      ],
    },
  });
  world.simulator.setRole({ arn: roleArn, trustedAccessKeyIds: [world.simulator.accessKey.accessKeyId] });
});
afterAll(async () => {
  await world.stop();
});
afterEach(async () => {
  // They would call through the next proxy as well.
  await world.cluster.kubectl(['delete', 'alibabapcaissuers', '--all', '--all-namespaces']);
  for (const each of opened.splice(0).toReversed()) await each.stop();
  world.simulator.reset();
});

/** A proxy that leads to the simulator, whatever host of Alibaba Cloud is asked for. */
async function proxy(options: ProxyOptions = {}): Promise<ProxyProcess> {
  const resolve = Object.fromEntries(names.map((name) => [`${name}:443`, world.simulator.endpoint]));
  const started = await ProxyProcess.start({ resolve, ...options });
  opened.push(started);
  return started;
}

async function operator(environment: Readonly<Record<string, string>>, more: readonly string[] = []) {
  const started = await world.startOperator(more, { ...withNames, ...environment });
  opened.push(started);
  return started;
}

const trusted = () => ({ caBundle: world.simulator.tlsCaPem });

/** An issuer of the region's CA whose role is assumed with an access key, so that it needs PCA and STS. */
async function apply(spec: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const namespace = await world.createNamespace('net');
  const issuer = world.issuer(namespace, 'pca', {
    parentIdentifier: 'hangzhou',
    endpoint: trusted(),
    stsEndpoint: trusted(),
    credentials: { assumeRole: { roleArn, secretRef: { name: 'access-key' } } },
    ...spec,
  });
  await world.cluster.apply([issuer]);
  return namespace;
}

/** Reason and message of Ready once the reason is that one. */
async function ready(namespace: string, wanted: string): Promise<string> {
  return until(`the issuer to be ${wanted}`, async () => {
    const text = await world.cluster.kubectl(['get', 'alibabapcaissuer', 'pca', '-n', namespace, '-o', 'json']);
    const { status } = JSON.parse(text) as {
      readonly status: { readonly conditions: readonly { readonly [field: string]: string }[] };
    };
    const found = status.conditions.find(({ type }) => type === 'Ready');
    if (found?.['reason'] !== wanted) throw new NotYet(JSON.stringify(found));
    return `${found['reason']}: ${found['message']}`;
  });
}

async function issued(namespace: string): Promise<void> {
  await ready(namespace, 'Checked');
  await world.cluster.apply([certificate(namespace, 'web')]);
  const what = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name: 'web' };
  await world.cluster.waitForCondition(what, { type: 'Ready', status: 'True' });
}

const connects = (...wanted: readonly string[]) => wanted.map((host) => `CONNECT ${host}:443`).sort();

describe('through a proxy', () => {
  it('with a password, a certificate is issued: PCA and STS are called through it alone, and no log has the password', async () => {
    const through = await proxy({ user: 'user:p@ss' });
    const running = await operator({ HTTPS_PROXY: `http://user:p%40ss@${through.host}` });
    await issued(await apply());
    expect(through.asked).toEqual(connects('cas.aliyuncs.com', 'sts.cn-hangzhou.aliyuncs.com'));
    const text = await running.logs();
    expect(text).toContain(through.host);
    expect(text).not.toMatch(/p@ss|p%40ss|dXNlcjpwQHNz/);
  });

  it('that is reached over TLS, a certificate is issued where its private CA is trusted', async () => {
    const through = await proxy({ secured: true });
    await operator({ HTTPS_PROXY: `https://${through.host}`, PCA_ISSUER_PROXY_CA_BUNDLE: through.caPem ?? '' });
    await issued(await apply());
    expect(through.asked).toEqual(connects('cas.aliyuncs.com', 'sts.cn-hangzhou.aliyuncs.com'));
  });

  it('hosts of NO_PROXY are not called', async () => {
    const through = await proxy();
    await operator({ HTTPS_PROXY: `http://${through.host}`, NO_PROXY: '.test' });
    const [, port] = world.simulator.endpoint.split(':');
    await issued(await apply({ endpoint: { host: `pca.test:${port}`, ...trusted() } }));
    expect(through.asked).toEqual(connects('sts.cn-hangzhou.aliyuncs.com'));
  });
});

describe('a proxy that leads nowhere is told of', () => {
  const head =
    'PCAUnavailable: PCA could not be asked about CA "hangzhou": DescribeCACertificate at cas.aliyuncs.com failed,';
  const tail =
    'The issuer is checked again automatically; if this lasts, check spec.region, spec.endpoint and the network.';
  const withKey = { credentials: { secretRef: { name: 'access-key' } } };

  it.each<[string, ProxyOptions, (host: string) => string, string]>([
    [
      'as one that refuses',
      { deny: 'cas.aliyuncs.com:443' },
      (host) => `http://${host}`,
      'the proxy did not let the connection through (ProxyRefused): HOST answered with status 403. Have it allow CONNECT to this host, or name the host in NO_PROXY of the operator (Helm: proxy.noProxy).',
    ],
    [
      'as one that wants another password',
      { user: 'user:other' },
      (host) => `http://user:p%40ss@${host}`,
      'the proxy wants another user or password (ProxyAuthenticationRequired): HOST answered with status 407. Correct them in HTTPS_PROXY of the operator (Helm: proxy.urlSecret).',
    ],
    [
      'as one whose certificate nobody knows',
      { secured: true },
      (host) => `https://${host}`,
      'no trusted TLS connection to the proxy could be made (ProxyNotTrusted): HOST, UNABLE_TO_VERIFY_LEAF_SIGNATURE. Check the scheme in HTTPS_PROXY and, for a private CA, --proxy-ca-bundle (Helm: proxy.url, proxy.caBundle).',
    ],
  ])('%s', async (_, options, url, says) => {
    const through = await proxy(options);
    await operator({ HTTPS_PROXY: url(through.host) });
    const message = await ready(await apply(withKey), 'PCAUnavailable');
    expect(message).toBe(`${head} ${says.replace('HOST', through.host)} ${tail}`);
    // Another host than the one that is refused tells the account of a key.
    const called = world.simulator.calls().map(({ action }) => action);
    expect(called.filter((action) => action !== 'GetCallerIdentity')).toEqual([]);
  });

  it('as one that is not there', async () => {
    const through = await proxy();
    await through.stop();
    opened.pop();
    await operator({ HTTPS_PROXY: `http://${through.host}` });
    expect(await ready(await apply(withKey), 'PCAUnavailable')).toBe(
      `${head} the proxy could not be reached (ProxyUnreachable): ${through.host}, ECONNREFUSED. Check HTTPS_PROXY of the operator (Helm: proxy.url) and the network policies. ${tail}`,
    );
  });
});

describe('network VPC', () => {
  it("calls the region's VPC hosts of PCA and STS, before those of the pod's environment", async () => {
    const through = await proxy();
    await operator({ HTTPS_PROXY: `http://${through.host}`, ALIBABA_CLOUD_STS_ENDPOINT: 'sts.aliyuncs.com' });
    await issued(await apply({ network: 'VPC' }));
    expect(through.asked).toEqual(connects('cas-vpc.cn-hangzhou.aliyuncs.com', 'sts-vpc.cn-hangzhou.aliyuncs.com'));
  });

  it('is refused in a region without a VPC host, and calls no host', async () => {
    const through = await proxy();
    await operator({ HTTPS_PROXY: `http://${through.host}` });
    expect(await ready(await apply({ network: 'VPC', region: 'eu-central-1' }), 'InvalidSettings')).toBe(
      'InvalidSettings: spec.network is VPC, but no VPC host of PCA is known in spec.region "eu-central-1", only in cn-hangzhou, ap-southeast-1, cn-hongkong, ap-southeast-3, ap-southeast-5. Set spec.network to Public, or name in spec.endpoint.host the host that your VPC reaches.',
    );
    expect(through.asked).toEqual([]);
  });
});

describe('a CA', () => {
  it('is found in its own region alone', async () => {
    const through = await proxy();
    await operator({ HTTPS_PROXY: `http://${through.host}` });
    const inHangzhou = await apply({ parentIdentifier: 'singapore' });
    const inSingapore = await apply({ parentIdentifier: 'singapore', region: 'ap-southeast-1' });
    expect(await ready(inHangzhou, 'IssuingCAUnusable')).toMatch(
      /it must be an active sub CA of this account and region/,
    );
    await issued(inSingapore);
  });
});

// An address of this machine beyond the loopback; what is sent to it stays here.
const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')?.address;

describe.runIf(own !== undefined)('without TLS', () => {
  const plain = async () => {
    const simulator = await startSimulator(own === undefined ? {} : { host: own });
    opened.push({ stop: async () => simulator.close() });
    const [, port] = simulator.endpoint.split(':');
    const namespace = await apply({
      parentIdentifier: 'sim-sub-ecc-p256',
      endpoint: { host: `pca.test:${port}`, protocol: 'HTTP' },
      stsEndpoint: { host: `sts.test:${port}`, protocol: 'HTTP' },
      credentials: { secretRef: { name: 'plain' } },
    });
    await world.cluster.apply([secret(namespace, 'plain', simulator.accessKey)]);
    return { simulator, namespace, at: `pca.test:${port}` };
  };

  it('nothing is sent beyond the loopback, whatever name leads there', async () => {
    await operator({ PCA_TEST_ADDRESS: own ?? '' });
    const { simulator, namespace, at } = await plain();
    expect(await ready(namespace, 'EndpointNotAllowed')).toBe(
      `EndpointNotAllowed: DescribeCACertificate at ${at} failed, its protocol is HTTP, but it leads beyond this machine, and credentials would go there in clear (PlainHTTPRefused). Set protocol to HTTPS, or have the administrator allow plain HTTP with --plain-http-endpoints (Helm: plainHttpEndpoints). The protocol is spec.endpoint.protocol.`,
    );
    expect(simulator.calls()).toEqual([]);
  });

  it('certificates are issued from there with --plain-http-endpoints', async () => {
    await operator({ PCA_TEST_ADDRESS: own ?? '' }, ['--plain-http-endpoints']);
    const { namespace } = await plain();
    await issued(namespace);
  });
});
