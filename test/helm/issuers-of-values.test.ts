// Issuers in the chart's values, with the real Helm on a real API server that does not know their kinds at first.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import { buildHelm, buildMs, chart, helm } from '../support/helm.ts';
import { runJobs } from '../support/hook-jobs.ts';
import type { JobRun } from '../support/hook-jobs.ts';

let controlPlane: ControlPlane;
const stopping = new AbortController();
const runs: JobRun[] = [];
let running: Promise<void>;
let namespace: string;

beforeAll(async () => {
  [controlPlane] = await Promise.all([ControlPlane.start({ certManager: false }), buildHelm()]);
  await controlPlane.kubectl(['create', 'namespace', 'shop']);
  running = runJobs(controlPlane, stopping.signal, runs);
}, buildMs);

afterAll(async () => {
  stopping.abort();
  await running;
  await controlPlane?.stop();
});

type Spec = Readonly<Record<string, unknown>>;

const spec = (parentIdentifier: string, more: Spec = {}): Spec => ({
  parentIdentifier,
  credentials: { secretRef: { name: 'key' } },
  ...more,
});
const values = (issuers: Readonly<Record<string, Spec>>): object => ({
  secretAccess: { namespaces: ['shop'] },
  clusterIssuers: Object.entries(issuers)
    .filter(([name]) => !name.startsWith('shop/'))
    .map(([name, one]) => ({ name, spec: one })),
  issuers: Object.entries(issuers)
    .filter(([name]) => name.startsWith('shop/'))
    .map(([name, one]) => ({ name: name.slice('shop/'.length), namespace: 'shop', spec: one })),
});

async function run(command: readonly string[], input: object = {}): Promise<string> {
  const { code, stdout, stderr } = await helm(
    [...command, '--namespace', namespace, '--kubeconfig', controlPlane.kubeconfig],
    JSON.stringify(input),
  );
  if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}\n${JSON.stringify(runs.at(-1))}`);
  return stdout;
}

const deploy = async (issuers: Readonly<Record<string, Spec>>): Promise<string> =>
  run(['upgrade', '--install', 'pca', chart, '--values', '-'], values(issuers));

interface Found {
  readonly uid: string;
  readonly ca: string;
  readonly region: string;
  readonly mark: string | undefined;
  readonly owner: string | undefined;
}

interface Item {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly parentIdentifier: string; readonly region: string };
}

async function issuers(): Promise<Readonly<Record<string, Found>>> {
  const found: Record<string, Found> = {};
  for (const resource of ['alibabapcaclusterissuers', 'alibabapcaissuers']) {
    const { stdout } = await controlPlane.kubectl(['get', resource, '-A', '-o', 'json'], { allowFailure: true });
    const { items } = JSON.parse(stdout === '' ? '{"items":[]}' : stdout) as { readonly items: readonly Item[] };
    for (const { metadata, spec: actual } of items) {
      const { name, namespace: where, annotations } = metadata;
      found[where === undefined ? name : `${where}/${name}`] = {
        uid: metadata.uid,
        ca: actual.parentIdentifier,
        region: actual.region,
        mark: annotations?.['pca.alibabacloud.com/applied-after-install'],
        owner: annotations?.['meta.helm.sh/release-name'],
      };
    }
  }
  return found;
}

/** What they are, without their UIDs. */
const summary = (found: Readonly<Record<string, Found>>): object =>
  Object.fromEntries(
    Object.entries(found).map(([name, { ca, region, mark, owner }]) => [name, [ca, region, mark ?? '-', owner]]),
  );
const uids = (found: Readonly<Record<string, Found>>, names: readonly string[]): readonly (string | undefined)[] =>
  names.map((name) => found[name]?.uid);

async function removeDefinitions(): Promise<void> {
  await controlPlane.kubectl([
    'delete',
    'crd',
    '--ignore-not-found',
    'alibabapcaissuers.pca.alibabacloud.com',
    'alibabapcaclusterissuers.pca.alibabacloud.com',
  ]);
}

async function jobObjects(): Promise<readonly string[]> {
  const { stdout } = await controlPlane.kubectl([
    'get',
    'jobs,sa,clusterroles,clusterrolebindings',
    '-A',
    '-o',
    'name',
  ]);
  return stdout.split('\n').filter((name) => name.endsWith('-issuers'));
}

async function freshCluster(): Promise<void> {
  await removeDefinitions();
  namespace = await controlPlane.createNamespace('release');
  runs.splice(0);
}

describe('issuers of the values', () => {
  it('exist after the first installation, and are ordinary objects from the first upgrade on', async () => {
    await freshCluster();
    const first = { mesh: spec('ca-1', { region: 'ap-southeast-1' }), gone: spec('ca-2'), 'shop/web': spec('ca-3') };
    expect(await deploy(first)).not.toContain('once more');
    const installed = await issuers();
    expect(summary(installed)).toEqual({
      mesh: ['ca-1', 'ap-southeast-1', 'true', 'pca'],
      gone: ['ca-2', 'cn-hangzhou', 'true', 'pca'],
      'shop/web': ['ca-3', 'cn-hangzhou', 'true', 'pca'],
    });
    expect(runs.map(({ name, code }) => [name, code])).toEqual([['pca-alibaba-pca-issuer-issuers', 0]]);
    expect(await jobObjects()).toEqual([]);

    // One changed, with a field that is taken away, one removed, one as it was, one new.
    await deploy({ mesh: spec('ca-4'), 'shop/web': spec('ca-3'), new: spec('ca-5') });
    const upgraded = await issuers();
    expect(summary(upgraded)).toEqual({
      mesh: ['ca-4', 'cn-hangzhou', '-', 'pca'],
      'shop/web': ['ca-3', 'cn-hangzhou', '-', 'pca'],
      new: ['ca-5', 'cn-hangzhou', '-', 'pca'],
    });
    expect(uids(upgraded, ['mesh', 'shop/web'])).toEqual(uids(installed, ['mesh', 'shop/web']));
    expect(runs.length).toBe(2);

    await deploy({ mesh: spec('ca-6', { region: 'ap-southeast-1' }), new: spec('ca-5') });
    const again = await issuers();
    expect(summary(again)).toEqual({
      mesh: ['ca-6', 'ap-southeast-1', '-', 'pca'],
      new: ['ca-5', 'cn-hangzhou', '-', 'pca'],
    });
    expect(uids(again, ['mesh', 'new'])).toEqual(uids(upgraded, ['mesh', 'new']));
    expect(runs.length).toBe(2);

    await run(['rollback', 'pca', '2']);
    const back = await issuers();
    expect(summary(back)).toEqual(summary(upgraded));
    expect(uids(back, ['mesh', 'new'])).toEqual(uids(upgraded, ['mesh', 'new']));

    // The first revision has them from the Job alone.
    await run(['rollback', 'pca', '1']);
    expect(summary(await issuers())).toEqual(summary(installed));

    await deploy({ mesh: spec('ca-4') });
    expect(summary(await issuers())).toEqual({ mesh: ['ca-4', 'cn-hangzhou', '-', 'pca'] });
    await run(['uninstall', 'pca']);
    expect([await issuers(), await jobObjects()]).toEqual([{}, []]);
  });

  it('go with a release that was never upgraded, and others stay', async () => {
    await freshCluster();
    await deploy({ mesh: spec('ca-1'), 'shop/web': spec('ca-3') });
    const own = {
      apiVersion: 'pca.alibabacloud.com/v1alpha1',
      kind: 'AlibabaPCAClusterIssuer',
      metadata: { name: 'own' },
      spec: spec('ca-9'),
    };
    await controlPlane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(own) });
    await run(['uninstall', 'pca']);
    expect(summary(await issuers())).toEqual({ own: ['ca-9', 'cn-hangzhou', '-', undefined] });
  });

  it('need no Job where the kinds are served, also by definitions of another source', async () => {
    await freshCluster();
    await controlPlane.kubectl(['apply', '--server-side', '-f', `${chart}/../../deploy/crds`]);
    const without = { crds: { enabled: false }, ...values({ mesh: spec('ca-1') }) };
    await run(['install', 'pca', chart, '--values', '-'], without);
    expect([summary(await issuers()), runs]).toEqual([{ mesh: ['ca-1', 'cn-hangzhou', '-', 'pca'] }, []]);
    await run(['uninstall', 'pca']);
  });

  it('are refused where nobody brings the definitions', async () => {
    await freshCluster();
    const without = { crds: { enabled: false }, ...values({ mesh: spec('ca-1') }) };
    await expect(run(['install', 'pca', chart, '--values', '-'], without)).rejects.toThrow(
      'First run: kubectl apply --server-side -f deploy/crds',
    );
  });

  it('tell in the log of the Job what the API server refuses', async () => {
    await freshCluster();
    const wrong = values({ mesh: spec('ca-1', { credentials: { secretRef: { name: 'key' }, rrsa: {} } }) });
    const failed = run(['install', 'pca', chart, '--values', '-', '--timeout', '60s'], wrong);
    await expect(failed).rejects.toThrow('post-install');
    expect(runs.map(({ code, output }) => [code, output])).toEqual([
      [1, expect.stringContaining('AlibabaPCAClusterIssuer "mesh" could not be applied: ')],
    ]);
    await run(['uninstall', 'pca']);
  });
});
