// deploy/install.yaml on a real API server: the rights that it gives, and that the quickstart fits what it installs.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import { NotYet, until } from '../support/wait.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const buildMs = 600_000;

let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await ControlPlane.start();
  await controlPlane.kubectl(['apply', '--server-side', '-f', path('deploy/install.yaml')]);
}, buildMs);

afterAll(async () => {
  await controlPlane?.stop();
});

async function dryRun(yaml: string): Promise<readonly string[]> {
  const { stdout } = await controlPlane.kubectl(
    ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-o', 'name', '-f', '-'],
    { input: yaml },
  );
  return stdout.trim().split('\n').toSorted();
}

describe('deploy/install.yaml', () => {
  const may = async (args: readonly string[], kubeconfig: string): Promise<string> => {
    const { stdout } = await controlPlane.kubectl(['auth', 'can-i', ...args], { kubeconfig, allowFailure: true });
    return stdout.trim();
  };

  it('gives the operator what it needs and no more', async () => {
    const kubeconfig = await controlPlane.kubeconfigForServiceAccount('alibaba-pca-issuer', 'alibaba-pca-issuer');
    const own = ['-n', 'alibaba-pca-issuer'];
    const questions: readonly (readonly [string, readonly string[]])[] = [
      ['yes', ['watch', 'certificaterequests.cert-manager.io', '-A']],
      ['yes', ['patch', 'certificaterequests.cert-manager.io', '--subresource=status', '-A']],
      ['no', ['patch', 'certificaterequests.cert-manager.io', '-A']],
      ['yes', ['get', 'certificates.cert-manager.io', '-A']],
      ['no', ['list', 'certificates.cert-manager.io', '-A']],
      ['yes', ['list', 'alibabapcaissuers.pca.alibabacloud.com', '-A']],
      ['yes', ['patch', 'alibabapcaclusterissuers.pca.alibabacloud.com', '--subresource=status']],
      ['no', ['update', 'alibabapcaissuers.pca.alibabacloud.com', '-A']],
      ['yes', ['create', 'events.events.k8s.io', '-A']],
      ['yes', ['get', 'namespaces/kube-system']],
      ['no', ['get', 'namespaces/default']],
      ['yes', ['get', 'secrets/any', ...own]],
      ['no', ['list', 'secrets', ...own]],
      ['no', ['get', 'secrets/any', '-n', 'default']],
      ['yes', ['create', 'leases.coordination.k8s.io', ...own]],
      ['yes', ['update', 'leases.coordination.k8s.io/alibaba-pca-issuer', ...own]],
      ['no', ['update', 'leases.coordination.k8s.io/another', ...own]],
      ['no', ['delete', 'leases.coordination.k8s.io/alibaba-pca-issuer', ...own]],
    ];
    const answers = [];
    for (const [, question] of questions) answers.push([await may(question, kubeconfig), question]);
    expect(answers).toEqual(questions);
  });

  it.each(['alibabapcaissuers', 'alibabapcaclusterissuers'])('lets cert-manager approve for %s', async (plural) => {
    // can-i resolves resources by discovery, and signers exists only for RBAC.
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'system:serviceaccount:cert-manager:cert-manager',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:cert-manager', 'system:authenticated'],
        resourceAttributes: {
          group: 'cert-manager.io',
          resource: 'signers',
          verb: 'approve',
          name: `${plural}.pca.alibabacloud.com/*`,
        },
      },
    };
    const { stdout } = await controlPlane.kubectl(['create', '-f', '-', '-o', 'jsonpath={.status.allowed}'], {
      input: JSON.stringify(review),
    });
    expect(stdout).toBe('true');
  });
});

describe("the users' roles", () => {
  const namespace = 'team';
  const users = ['view', 'edit', 'admin', 'cluster-reader', 'nobody'];
  const rbac = 'rbac.authorization.k8s.io';
  const group = 'pca.alibabacloud.com';
  const issuers = { group, resource: 'alibabapcaissuers' };
  const clusterIssuers = { group, resource: 'alibabapcaclusterissuers' };
  const reading = ['get', 'list', 'watch'];
  const writing = ['create', 'update', 'patch', 'delete', 'deletecollection'];
  const all = [...reading, ...writing];

  interface Attributes {
    readonly group?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
  }
  const rows: readonly (readonly [what: string, attributes: Attributes, verbs: readonly string[]])[] = [
    ['issuers', { ...issuers, namespace }, all],
    ["issuers' status", { ...issuers, subresource: 'status', namespace }, ['get', 'update', 'patch']],
    ['issuers elsewhere', { ...issuers, namespace: 'default' }, all],
    ['cluster issuers', clusterIssuers, all],
    ["cluster issuers' status", { ...clusterIssuers, subresource: 'status' }, ['get', 'update', 'patch']],
    ['Secrets', { resource: 'secrets', namespace }, ['get']],
  ];
  const questions = users.flatMap((user) =>
    rows.flatMap(([what, attributes, verbs]) => verbs.map((verb) => ({ user, what, attributes, verb }))),
  );

  /** For each user and kind of object, the verbs that are allowed. */
  async function table(): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
    const items = questions.map(({ user, attributes, verb }) => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: { ...attributes, verb } },
    }));
    const { stdout } = await controlPlane.kubectl(['create', '-f', '-', '-o', 'jsonpath={.status.allowed} '], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
    const answers = stdout.trim().split(' ');
    expect(answers.length).toBe(questions.length);
    const allowed = (user: string, what: string): string =>
      questions
        .filter((question, index) => question.user === user && question.what === what && answers[index] === 'true')
        .map(({ verb }) => verb)
        .join(' ');
    return Object.fromEntries(
      users.map((user) => [user, Object.fromEntries(rows.map(([what]) => [what, allowed(user, what)]))]),
    );
  }

  it('are a part of those that Kubernetes and OpenShift have for users', async () => {
    const binding = (kind: string, name: string, scope: object): object => ({
      apiVersion: `${rbac}/v1`,
      kind,
      metadata: { name: `test-${name}`, ...scope },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: rbac, kind: 'User', name }],
    });
    // As OpenShift has it.
    const clusterReader = {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'cluster-reader' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${rbac}/aggregate-to-cluster-reader`]: 'true' } }] },
    };
    const items = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...['view', 'edit', 'admin'].map((name) => binding('RoleBinding', name, { namespace })),
      clusterReader,
      binding('ClusterRoleBinding', 'cluster-reader', {}),
    ];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], { input });

    const nothing = Object.fromEntries(rows.map(([what]) => [what, '']));
    const reads = { issuers: reading.join(' '), "issuers' status": 'get' };
    const writes = { ...reads, issuers: all.join(' ') };
    const expected = {
      view: { ...nothing, ...reads },
      edit: { ...nothing, ...writes, Secrets: 'get' },
      admin: { ...nothing, ...writes, Secrets: 'get' },
      'cluster-reader': {
        ...nothing,
        ...reads,
        'issuers elsewhere': reading.join(' '),
        'cluster issuers': reading.join(' '),
        "cluster issuers' status": 'get',
      },
      nobody: nothing,
    };
    // The controller manager aggregates, and the API server's authorizer sees it later.
    await until('the roles to be aggregated', async () => {
      const found = await table();
      if (!isDeepStrictEqual(found, expected)) throw new NotYet(found);
      return true;
    });
  });
});

describe('deploy/examples', () => {
  it.each([
    ['assume-role', ['secret/pca-access-key', 'alibabapcaissuer.pca.alibabacloud.com/example']],
    ['rrsa', ['alibabapcaclusterissuer.pca.alibabacloud.com/rrsa']],
    ['service-account', ['serviceaccount/pca', 'alibabapcaissuer.pca.alibabacloud.com/example']],
    ['ecs-role', ['alibabapcaclusterissuer.pca.alibabacloud.com/ecs-role']],
    ['failover', ['alibabapcaissuer.pca.alibabacloud.com/example']],
  ])('%s is admitted as one folder', async (folder, expected) => {
    const args = ['apply', '--server-side', '--dry-run=server', '-o', 'name', '-n', 'default', '-f'];
    const { stdout } = await controlPlane.kubectl([...args, path(`deploy/examples/${folder}`)]);
    expect(stdout.trim().split('\n')).toEqual(expected);
  });
});

describe('deploy/examples/quickstart', () => {
  it('is admitted as one folder, without an edit', async () => {
    const { stdout } = await controlPlane.kubectl([
      'apply',
      '--server-side',
      '--dry-run=server',
      '-o',
      'name',
      '-n',
      'default',
      '-f',
      path('deploy/examples/quickstart'),
    ]);
    expect(stdout.trim().split('\n')).toEqual([
      'secret/pca-access-key',
      'alibabapcaissuer.pca.alibabacloud.com/quickstart',
      'certificate.cert-manager.io/quickstart',
    ]);
  });

  it('takes the endpoint that its README names', async () => {
    const readme = readFileSync(path('deploy/examples/quickstart/README.md'), 'utf8');
    const patch = JSON.stringify({ spec: { endpoint: { host: '127.0.0.1:8443', protocol: 'HTTP' } } });
    expect(readme).toContain('host: 127.0.0.1:8443\n          protocol: HTTP');
    const { stdout } = await controlPlane.kubectl([
      'patch',
      '--local',
      '--type=merge',
      '-o',
      'json',
      '-p',
      patch,
      '-f',
      path('deploy/examples/quickstart/2-issuer.yaml'),
    ]);
    expect(await dryRun(stdout)).toEqual(['alibabapcaissuer.pca.alibabacloud.com/quickstart']);
  });
});
