// What an administrator sees: logs, readiness, and why a request is stuck.
import { expect, it } from 'vitest';

import { conditionsOf, hasCondition } from '../../support/cluster.ts';
import { ready, release } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { containerStatusesOf } from '../../support/pod-containers.ts';
import { NotYet, hangLimitFlag, until } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';

const waiting =
  'Waiting for AlibabaPCAClusterIssuer "late", which does not exist. Create it, or correct issuerRef; this request then continues automatically.';
const refusedProbe = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
const missing = [
  'certificaterequests were not listed yet',
  'certificatesigningrequests were not listed yet',
  'alibabapcaissuers were not listed yet',
  'alibabapcaclusterissuers were not listed yet',
  '',
];

/** Needs the Certificate `first`; leaves two pods, those that were there. */
export function observing(world: () => InstalledWorld): void {
  it('tells of an issued request in its log, a JSON object on each line', async () => {
    const { cluster, namespace, team } = world();
    const selector = `--selector=app.kubernetes.io/instance=${release}`;
    const log = await cluster.kubectl(['logs', '--namespace', namespace, selector, '--tail=-1']);
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const name = 'first-1';
    const request = await cluster.get({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      namespace: team,
      name,
    });
    const condition = conditionsOf(request!).find(({ type }) => type === 'Ready');
    const [, serialNumber, identifier] =
      /serial number (\w+), PCA identifier ([\w-]+)\./.exec(condition?.message ?? '') ?? [];
    expect(lines.filter((line) => line['request'] === `${team}/${name}`)).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
        request: `${team}/${name}`,
        uid: request?.metadata.uid,
        issuer: 'AlibabaPCAClusterIssuer//shared',
        operation: 'CreateCustomCertificate',
        requestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
        serialNumber,
        identifier,
        notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/),
        names: 1,
        secondsFromApproval: expect.any(Number),
        msg: condition?.message,
      },
    ]);
    expect(condition?.message).toMatch(/^Issued by Alibaba Cloud PCA with CreateCustomCertificate: serial number /);
  });

  it('says in kubectl describe why a request is stuck, and goes on when that is mended', async () => {
    const { cluster, team } = world();
    const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'late' };
    await cluster.apply(certificate(team, 'late', { issuerRef }));
    const told = await until('an event', async () => {
      const text = await cluster.kubectl(['describe', 'certificaterequest', 'late-1', '--namespace', team]);
      const lines = text.split('\n').filter((line) => line.includes('issuerRef;'));
      if (lines.length < 2) throw new NotYet(text);
      return lines.map((line) =>
        line
          .trim()
          .replace(/ (?:\d+[ms])+(?: \(x\d+ over [\dms]+\))? /, ' ')
          .split(/ {2,}/),
      );
    });
    expect(told).toEqual([
      ['Message:', waiting],
      ['Warning', 'IssuerNotFound', 'alibaba-pca-issuer', waiting],
    ]);
    await world().applyReady(...world().issuer('late'), certificate(team, 'late', { issuerRef }));
  });

  it('is not ready before it has listed what it watches, and says what is missing', async () => {
    const { cluster, deployment, namespace } = world();
    await world().provokeRefusals(async () => {
      const before = await world().podNames();
      const address = await withoutRights(world(), async () => {
        await cluster.kubectl(['scale', ...deployment, '--replicas=3']);
        const pod = await servingPodBeside(before, world());
        await until('the kubelet to have asked', async () => {
          const query = `fieldSelector=involvedObject.name=${pod.name},reason=Unhealthy`;
          const events = await cluster.list({ apiVersion: 'v1', kind: 'Event', namespace }, query);
          return events.some(({ message }) => message === refusedProbe);
        });
        const [status, text] = await answer(`${pod.address}/readyz`);
        const begins = text.split('\n').map((line) => line.split(': ')[0]);
        expect([status, begins]).toEqual([503, missing]);
        expect(await answer(`${pod.address}/healthz`)).toEqual([200, 'ok\n']);
        const readyPods = (await world().pods()).filter((each) => hasCondition(each, ready));
        expect(readyPods.map(({ metadata }) => metadata.name).toSorted()).toEqual(before);
        return pod.address;
      });
      await cluster.kubectl(['rollout', 'status', hangLimitFlag, ...deployment]);
      expect(await answer(`${address}/readyz`)).toEqual([200, 'ok\n']);
      await cluster.kubectl(['scale', ...deployment, '--replicas=2']);
      await until('two pods', async () => (await world().pods()).length === 2);
    });
  });
}

/** Runs `work` while the operator has no ClusterRoleBinding. */
async function withoutRights<Result>(
  { cluster, namespace }: InstalledWorld,
  work: () => Promise<Result>,
): Promise<Result> {
  const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' };
  const bindings = await cluster.list(kind, `labelSelector=app.kubernetes.io/instance=${release}`);
  const found = bindings.find(({ subjects }) => JSON.stringify(subjects).includes(`"${namespace}"`));
  const { name, labels = {}, annotations = {} } = found?.metadata ?? { name: 'none' };
  await cluster.delete({ ...kind, name });
  try {
    return await work();
  } finally {
    await cluster.apply({ ...found, ...kind, metadata: { name, labels, annotations } });
  }
}

async function servingPodBeside(
  others: readonly string[],
  world: InstalledWorld,
): Promise<{ readonly name: string; readonly address: string }> {
  return until('a further pod to serve', async () => {
    const pod = (await world.pods()).find(({ metadata }) => !others.includes(metadata.name));
    if (pod === undefined || containerStatusesOf(pod)[0]?.state.running === undefined) return undefined;
    const { podIP } = pod['status'] as { readonly podIP: string };
    return { name: pod.metadata.name, address: `http://${podIP}:8080` };
  });
}

async function answer(url: string): Promise<readonly [status: number, text: string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}
