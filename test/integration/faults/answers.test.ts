// What happens between operator and API server: lost answers, watches that are dead without saying so, 429.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Manifest } from '../../support/cluster.ts';
import type { OperatorProcess } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { ApiProxy } from './api-proxy.ts';
import { minutesPass, preload } from './clock-preload.ts';
import { metric, Scene } from './scene.ts';

let world: World;
let proxy: ApiProxy;
let operator: OperatorProcess;

beforeAll(async () => {
  world = await World.start({ operator: false, flags: ['--retry-base-delay=50ms', '--retry-max-delay=1s'] });
  proxy = await ApiProxy.start(world.controlPlane.server, world.controlPlane.caPem);
  operator = await world.startReplica('behind-proxy', {
    kubeconfig: await proxy.writeKubeconfig(
      world.operatorKubeconfig,
      join(world.controlPlane.directory, 'proxied.kubeconfig'),
    ),
    flags: ['--leader-elect=false'],
    environment: preload(),
  });
});
afterAll(async () => {
  await proxy.stop();
  await world.stop();
});
afterEach(async () => {
  proxy.loseAnswers(() => false);
  await endShedding();
});

const isResult = ({ method, url }: { readonly method: string; readonly url: string }): boolean =>
  method === 'PATCH' && /\/certificaterequests\/[^/]+\/status\?/.test(url);

it('the answer to the write is lost: the certificate that is in use is not taken for an abandoned one and revoked', async () => {
  const scene = await Scene.set(world, 'lost', { spec: { revocationPolicy: 'RequestGone' } });
  let lost = 0;
  proxy.loseAnswers((request) => {
    if (!isResult(request)) return false;
    lost += 1;
    return true;
  });
  await scene.ask('web');
  await scene.issued('web');
  await until('the operator to know', async () => (await issuedCount()) > 0);
  const abandoned = await metric(operator, 'pca_issuer_certificates_without_request_total');
  expect({ abandoned, revoked: scene.calls('CreateRevokeClientCertificate') }).toEqual({ abandoned: 0, revoked: 0 });
  await scene.paidOnce('web');
  expect(lost).toBeGreaterThan(0);
});

it('the watches stay open for minutes while nothing comes through: they are opened anew', async () => {
  const scene = await Scene.set(world, 'half-open');
  expect(proxy.freezeWatches()).toBe(4);
  await scene.ask('web');
  await scene.approved('web');
  const stalled = (): Promise<number> => metric(operator, 'pca_issuer_watch_trouble_total', 'kind="Stalled"');
  expect(await stalled()).toBe(0);
  minutesPass(operator.pid);
  await until('all watches to be given up', async () => (await stalled()) === 4);
  await scene.issued('web');
  await scene.paidOnce('web');
});

it('priority and fairness answers 429: the operator comes back later, and each request is called for once', async () => {
  const scene = await Scene.set(world, 'shed');
  await world.cluster.apply(flow());
  const names: string[] = [];
  const first = await refusals();
  // The configuration counts a moment after it was applied, and lets one request through at a time.
  await until('answers 429', async () => {
    const more = Array.from({ length: 20 }, (_, n) => `shed-${names.length + n}`);
    names.push(...more);
    await scene.ask(...more);
    await Promise.all(more.map((name) => scene.approved(name)));
    if ((await refusals()) - first < 5) throw new NotYet(`${(await refusals()) - first} answers 429`);
    return true;
  });
  await endShedding();
  await Promise.all(names.map((name) => scene.issued(name)));
  await scene.paidOnce(...names);
});

async function issuedCount(): Promise<number> {
  return metric(operator, 'pca_issuer_certificate_requests_total', 'result="issued"');
}

const flowControl = 'flowcontrol.apiserver.k8s.io/v1';

/** One request at a time for what the operator asks about requests; what comes meanwhile is refused. */
function flow(): readonly Manifest[] {
  const metadata = { name: 'no-seats' };
  return [
    {
      apiVersion: flowControl,
      kind: 'PriorityLevelConfiguration',
      metadata,
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 0,
          lendablePercent: 0,
          borrowingLimitPercent: 0,
          limitResponse: { type: 'Reject' },
        },
      },
    },
    {
      apiVersion: flowControl,
      kind: 'FlowSchema',
      metadata,
      spec: {
        matchingPrecedence: 2,
        priorityLevelConfiguration: metadata,
        rules: [
          {
            subjects: [
              { kind: 'ServiceAccount', serviceAccount: { name: 'alibaba-pca-issuer', namespace: world.namespace } },
            ],
            resourceRules: [
              {
                verbs: ['get', 'patch'],
                apiGroups: ['cert-manager.io'],
                resources: ['certificaterequests', 'certificaterequests/status'],
                clusterScope: false,
                namespaces: ['*'],
              },
            ],
          },
        ],
      },
    },
  ];
}

async function refusals(): Promise<number> {
  return metric(operator, 'rest_client_requests_total', '"429"');
}

async function endShedding(): Promise<void> {
  for (const { apiVersion, kind, metadata } of flow().toReversed())
    await world.cluster.delete({ apiVersion, kind, name: metadata.name });
}
