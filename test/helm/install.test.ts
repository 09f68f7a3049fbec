// README.md and docs/install.md on a real API server: every block of them, in order, with the real Helm and kubectl.
// Commands that need Docker, a registry or the Internet are checked in other ways (test/support/pages.ts).
import { readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { ControlPlane } from '../../control-plane/driver/control-plane.ts';
import { buildHelm, buildMs, chart, helm, refusal } from '../support/helm.ts';
import { blocksOf, commandsOf, judge } from '../support/pages.ts';
import type { Block } from '../support/pages.ts';
import { PageShell } from '../support/page-shell.ts';
import { until } from '../support/wait.ts';
import { choices } from './values-matrix.ts';

const root = dirname(dirname(chart));
const page = await readFile(join(root, 'docs/install.md'), 'utf8');
const allBlocks = blocksOf(page);
const blocks = allBlocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
const readme = blocksOf(await readFile(join(root, 'README.md'), 'utf8'));

let controlPlane: ControlPlane;
let shell: PageShell;

beforeAll(async () => {
  const [started, helmPath] = await Promise.all([ControlPlane.start(), buildHelm()]);
  controlPlane = started;
  const directory = join(controlPlane.directory, 'install');
  shell = await PageShell.open(directory, controlPlane.kubeconfig, {
    helm: [helmPath],
    kubectl: controlPlane.kubectlPath,
  });
  // Of npm only `npm start --`, from the sources.
  await shell.addProgram('npm', `shift 2\nexec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"`);
  for (const folder of ['helm', 'deploy']) await symlink(join(root, folder), join(directory, folder));
}, buildMs);

afterAll(async () => {
  await controlPlane?.stop();
});

async function names(resource: string): Promise<readonly string[]> {
  const { stdout } = await controlPlane.kubectl(['get', resource, '-A', '-o', 'name'], { allowFailure: true });
  return stdout.split('\n').filter((name) => name !== '');
}

/** What has to be true after the block that begins like this. */
const effects: readonly (readonly [begin: string, effect: () => Promise<void>])[] = [
  [
    'helm install alibaba-pca-issuer',
    async () => {
      expect(await names('deployments')).toEqual(['deployment.apps/alibaba-pca-issuer']);
      await served();
    },
  ],
  ['kubectl create secret generic pca-access-key', async () => undefined],
  [
    'kubectl apply -f - <<',
    async () => {
      expect(await names('alibabapcaclusterissuers')).toEqual(['alibabapcaclusterissuer.pca.alibabacloud.com/pca']);
    },
  ],
  ['kubectl get alibabapcaclusterissuers', async () => undefined],
  [
    'cat > values.yaml',
    async () => {
      expect(await names('alibabapcaclusterissuers')).toEqual([
        'alibabapcaclusterissuer.pca.alibabacloud.com/payments',
        'alibabapcaclusterissuer.pca.alibabacloud.com/pca',
      ]);
      expect(await names('networkpolicies')).toEqual(['networkpolicy.networking.k8s.io/alibaba-pca-issuer']);
    },
  ],
  [
    'helm upgrade alibaba-pca-issuer helm/alibaba-pca-issuer \\\n  --namespace alibaba-pca-issuer --reset-then-reuse-values \\\n',
    async () => {
      const { stdout } = await controlPlane.kubectl(['get', 'deployments', '-A', '-o', 'jsonpath={..env[*].name}']);
      expect(stdout.split(' ')).toEqual([
        'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
        'ALIBABA_CLOUD_ROLE_ARN',
        'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
      ]);
    },
  ],
  [
    'kubectl apply -f deploy/examples/rrsa',
    async () => {
      expect(await names('alibabapcaclusterissuers')).toContain('alibabapcaclusterissuer.pca.alibabacloud.com/rrsa');
    },
  ],
  [
    'helm upgrade alibaba-pca-issuer helm/alibaba-pca-issuer \\\n  --namespace alibaba-pca-issuer --reset-then-reuse-values\n',
    async () => {
      expect(await names('networkpolicies')).toEqual(['networkpolicy.networking.k8s.io/alibaba-pca-issuer']);
    },
  ],
  ['kubectl apply --server-side --force-conflicts -f deploy/crds', async () => undefined],
  ['helm rollback', async () => undefined],
  [
    'helm uninstall',
    async () => {
      expect(await names('deployments')).toEqual([]);
      expect(await names('alibabapcaclusterissuers')).toEqual([
        'alibabapcaclusterissuer.pca.alibabacloud.com/pca',
        'alibabapcaclusterissuer.pca.alibabacloud.com/rrsa',
      ]);
    },
  ],
  [
    'kubectl delete crd',
    async () => {
      expect((await names('crd')).filter((name) => name.endsWith('.pca.alibabacloud.com'))).toEqual([]);
    },
  ],
  [
    'sed ',
    async () => {
      await served();
      const { stdout } = await controlPlane.kubectl(['get', 'deployments', '-A', '-o', 'jsonpath={..image}']);
      expect(stdout).toBe(`REGISTRY/alibaba-pca-issuer:${version}`);
    },
  ],
  [
    'kubectl delete --ignore-not-found',
    async () => {
      expect((await names('clusterroles')).filter((name) => name.includes('alibaba'))).toEqual([]);
    },
  ],
];

async function served(): Promise<void> {
  await until('the issuers to be served', async () => {
    const { stdout } = await controlPlane.kubectl(['api-resources', '-o', 'name'], { allowFailure: true });
    return ['alibabapcaissuers.', 'alibabapcaclusterissuers.'].every((plural) => stdout.includes(plural));
  });
}

describe('README.md', () => {
  const [example, , , plan, install] = readme as readonly [Block, Block, Block, Block, Block];

  it('has these blocks', () => {
    expect(readme.map(({ language, text }) => [language, text.split('\n')[0]])).toEqual([
      ['yaml', 'apiVersion: pca.alibabacloud.com/v1alpha1'],
      ['', '$ kubectl get alibabapcaissuers,certificates,certificaterequests --namespace shop'],
      ['sh', 'npm run demo'],
      ['sh', 'npm start -- plan -f deploy/examples/quickstart/'],
      ['sh', `docker build -t REGISTRY/alibaba-pca-issuer:${version} .`],
      ['mermaid', 'flowchart LR'],
    ]);
  });

  it('has no command but those that are run below, and those that are known not to run here', () => {
    const judged = readme
      .filter(({ language }) => language !== 'yaml' && language !== 'mermaid')
      .flatMap(commandsOf)
      .map((command) => [command.split(' ').slice(0, 2).join(' '), judge(command)]);
    expect(judged).toEqual([
      ['kubectl get', 'run'],
      ['npm run', 'elsewhere'],
      ['npm start', 'run'],
      ['docker build', 'elsewhere'],
      ['docker push', 'elsewhere'],
      ['helm install', 'run'],
    ]);
  });

  it('plans, without a cluster', async () => {
    const { code, output } = await shell.run(plan.text);
    expect([code, output]).toEqual([0, expect.stringContaining('1 planned, 0 refused.')]);
  });

  // The page begins with what one gets.
  it('installs, takes its example, and shows it with the columns of the page', async () => {
    const commands = commandsOf(install).filter((command) => judge(command) === 'run');
    expect((await shell.run(commands.join('\n'))).output).toContain('STATUS: deployed');
    await served();
    await controlPlane.kubectl(['create', 'namespace', 'shop']);
    await controlPlane.kubectl(['apply', '-f', '-'], { input: example.text });
    const shown = readme[1]?.text ?? '';
    await until('cert-manager to make the request', async () => (await names('certificaterequests')).length === 1);
    const { output } = await shell.run(commandsOf(readme[1] as Block).join('\n'));
    expect(headersOf(output)).toEqual(headersOf(shown));
    await cleanUp();
  });

  // The page shows the newest; older ones of cert-manager misspell a column.
  const headersOf = (text: string): readonly (readonly string[])[] =>
    text
      .replaceAll('REQUESTOR', 'REQUESTER')
      .split('\n')
      .flatMap((line) => (line.startsWith('NAME ') ? [line.split(/ +/).filter((word) => word !== '')] : []));

  async function cleanUp(): Promise<void> {
    await controlPlane.kubectl(['delete', 'certificates,certificaterequests', '--all', '--namespace', 'shop']);
    const removed = await shell.run('helm uninstall alibaba-pca-issuer --namespace alibaba-pca-issuer');
    expect([removed.code, removed.output]).toEqual([0, expect.any(String)]);
    await controlPlane.kubectl(['delete', 'crd', ...(await definitions())]);
    // Helm asks for what the API server says that it serves.
    await until('the definitions to be served no more', async () => {
      const { stdout: served } = await controlPlane.kubectl(['get', '--raw', '/apis']);
      return !served.includes('"pca.alibabacloud.com"');
    });
  }
});

async function definitions(): Promise<readonly string[]> {
  const all = await names('crd');
  return all.filter((name) => name.endsWith('.pca.alibabacloud.com')).map((name) => name.slice(name.indexOf('/') + 1));
}

describe('docs/install.md', () => {
  it('has no block of which nothing is known', async () => {
    const unknown = [];
    for (const block of allBlocks.filter(({ language }) => language !== 'sh')) {
      const fault = await faultOf(block);
      if (fault !== undefined) unknown.push([block.text.split('\n')[0], fault]);
    }
    expect(unknown).toEqual([]);
  });

  /** What is wrong with a block that is not for the shell here. */
  async function faultOf(block: Block): Promise<unknown> {
    switch (block.language) {
      case 'console': {
        const judged = commandsOf(block).map(judge);
        return judged.length > 0 && judged.every((verdict) => verdict === 'elsewhere') ? undefined : judged;
      }
      case 'yaml': {
        const answer = await refusal(parse(block.text) as object);
        return answer === 'rendered' ? undefined : answer;
      }
      case 'json':
        return typeof JSON.parse(block.text) === 'object' ? undefined : 'no object';
      default:
        return `language ${block.language}`;
    }
  }

  it('has these shell blocks', () => {
    expect(blocks.length).toBe(effects.length);
    expect(blocks.map((block, index) => block.startsWith(effects[index]?.[0] ?? ' '))).toEqual(blocks.map(() => true));
  });

  // In order: each block works on what those before it have made.
  it.each(effects.map(([begin, effect], index) => [begin.split('\n')[0] ?? '', index, effect] as const))(
    '%s … does what the page says',
    async (_, index, effect) => {
      // A namespace that is being deleted has no controller here that would finish it.
      if (blocks[index]?.startsWith('sed ')) await finishNamespace();
      const ran = await shell.run(blocks[index] ?? 'false');
      expect([ran.code, ran.output]).toEqual([0, expect.any(String)]);
      await effect();
    },
  );
});

async function finishNamespace(): Promise<void> {
  const name = 'alibaba-pca-issuer';
  const path = `/api/v1/namespaces/${name}/finalize`;
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: { finalizers: [] } });
  await controlPlane.kubectl(['replace', '--raw', path, '-f', '-'], { input: body, allowFailure: true });
  await until('the namespace to be gone', async () => !(await names('namespaces')).includes(`namespace/${name}`));
}

const notes = async (values: object): Promise<string> => {
  const args = ['install', 'pca', chart, '--namespace', 'default', '--dry-run=server', '--values', '-'];
  const { code, stdout, stderr } = await helm(
    [...args, '--kubeconfig', controlPlane.kubeconfig],
    JSON.stringify(values),
  );
  if (code !== 0) throw new Error(stderr);
  return stdout.slice(stdout.indexOf('NOTES:'));
};

const attention = (text: string): readonly string[] =>
  [...text.matchAll(/^ATTENTION: ([\s\S]*?)(?:\n\n|\n(?=The RAM|Whether|Next:))/gm)].map(([, found = '']) =>
    found.replaceAll('\n', ' '),
  );

describe('the notes', () => {
  const issuer = {
    name: 'pca',
    namespace: 'shop',
    spec: { parentIdentifier: 'ca', credentials: { secretRef: { name: 'k' } } },
  };

  it.each<[string, object, readonly string[]]>([
    ['nothing by default', {}, []],
    [
      'approval that nobody gives',
      { approverRole: { enabled: false } },
      [
        'approverRole.enabled is false. Grant your approver the verb approve on signers of cert-manager.io; otherwise no request is ever approved.',
      ],
    ],
    [
      'definitions that are left to the user',
      { crds: { enabled: false } },
      ['crds.enabled is false. Apply deploy/crds yourself, now and before every upgrade.'],
    ],
    [
      'rights that are left to the user',
      { rbac: { create: false } },
      [
        'rbac.create is false. Give ServiceAccount default/pca-alibaba-pca-issuer, cert-manager and your users the rights that the chart would give them; without its own the operator does not become ready.',
      ],
    ],
    ['no replica', { replicaCount: 0 }, ['replicaCount is 0. Nothing is issued.']],
    [
      'metrics that nobody may get',
      { metrics: { secure: { enabled: true, tlsSecret: 'metrics-tls' } } },
      [
        'metrics.secure.readers is empty. Prometheus is refused until its ServiceAccount is bound to ClusterRole pca-alibaba-pca-issuer-metrics-reader.',
      ],
    ],
    [
      'a cert-manager that is not where the values say',
      { certManager: { serviceAccount: { namespace: 'pki', name: 'cm' } } },
      [
        'there is no ServiceAccount pki/cm, which is to approve requests, so none is ever approved. Set certManager.serviceAccount.namespace and .name to the ServiceAccount of your cert-manager.',
      ],
    ],
    [
      'another approver',
      {
        certManager: { serviceAccount: { namespace: 'pki' } },
        approverRole: { subjects: [{ kind: 'ServiceAccount', name: 'policy', namespace: 'pki' }] },
      },
      [],
    ],
    [
      'Secrets that cannot be read',
      { issuers: [issuer] },
      ['issuer shop/pca names a Secret that the operator may not read. Add shop to secretAccess.namespaces.'],
    ],
    [
      'a ConfigMap that cannot be written',
      {
        clusterIssuers: [
          { name: 'pca', spec: { ...issuer.spec, trust: { publishTo: { name: 'roots', namespace: 'mesh' } } } },
        ],
      },
      [
        'issuer pca publishes in a namespace where the operator may not write ConfigMaps. Add mesh to configMapAccess.namespaces.',
      ],
    ],
    [
      'a ServiceAccount without tokens',
      {
        issuers: [
          {
            ...issuer,
            spec: { ...issuer.spec, credentials: { serviceAccountRef: { name: 'pca', roleArn: 'acs:ram::1:role/a' } } },
          },
        ],
      },
      [
        'issuer shop/pca names a ServiceAccount of which the operator may make no tokens. Add shop to serviceAccountTokens.namespaces.',
      ],
    ],
    [
      'the role of the nodes for everyone',
      { ecsRole: { namespacedIssuers: true } },
      [
        'ecsRole.namespacedIssuers is true. Anyone who may create an AlibabaPCAIssuer may issue with the RAM role of the nodes.',
      ],
    ],
    [
      'a role that nobody names',
      { rrsa: { enabled: true } },
      ['rrsa.roleArn or rrsa.oidcProviderArn is empty. Every issuer with spec.credentials.rrsa must name it.'],
    ],
    [
      'a role for everyone',
      {
        rrsa: {
          enabled: true,
          roleArn: 'acs:ram::1:role/a',
          oidcProviderArn: 'acs:ram::1:oidc-provider/p',
          namespacedIssuers: true,
        },
      },
      [
        'rrsa.namespacedIssuers is true. Anyone who may create an AlibabaPCAIssuer may take every role that trusts this ServiceAccount.',
      ],
    ],
  ])('say of %s what to do', async (_, values, expected) => {
    expect(attention(await notes(values))).toEqual(expected);
  });

  it('are made for every choice of values', async () => {
    for (const [name, values] of choices.filter(([, { metrics }]) => metrics === undefined)) {
      const { namespaceOverride = 'default' } = values as { readonly namespaceOverride?: string };
      expect([name, await notes(values)]).toEqual([
        name,
        expect.stringContaining(`is installed in namespace ${namespaceOverride}.`),
      ]);
    }
  });
});
