// What `npm run e2e:kind` does, as far as it can be seen without Docker: the real kind with a stand-in for the engine, the
// real Helm with the chart of cert-manager, and every command in its order.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { buildGoProgram } from '../../control-plane/driver/go-build.ts';
import { kindProgram } from '../../control-plane/driver/programs.ts';
import { run } from '../../control-plane/driver/run.ts';
import { engineObstacle, findEngine, KindCluster } from '../kind/kind-cluster.ts';
import type { RunCommand } from '../kind/kind-cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { buildHelm, buildMs } from '../support/helm.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let directory: string;
let kind: string;
let helm: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pca-kind-test-'));
  [kind, helm] = await Promise.all([buildGoProgram(kindProgram), buildHelm()]);
}, buildMs);
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** Notes what it is called with, and answers what kind asks of an engine before it makes a node. */
const standIn = `#!/bin/sh
echo "$*" >> "$ENGINE_LOG"
case "$1" in
  info) echo '{"SecurityOptions":[],"CgroupVersion":"2","CgroupDriver":"systemd","OSType":"linux"}' ;;
  network) [ "$2" = ls ] && echo kind ;;
esac
exit 0
`;

it('the configuration is one that kind takes: a node with the audit policy', async () => {
  const folder = join(directory, 'bin');
  const log = join(directory, 'engine.log');
  await mkdir(folder);
  await writeFile(join(folder, 'docker'), standIn);
  await chmod(join(folder, 'docker'), 0o755);
  const environment = { PATH: [folder, process.env['PATH']].join(delimiter), ENGINE_LOG: log };
  const kubeconfig = join(directory, 'kubeconfig');
  const command = [kind, 'create', 'cluster', '--config=test/kind/cluster.yaml', `--kubeconfig=${kubeconfig}`];
  const { stderr } = await run(command, '', environment);
  expect(stderr).toContain('Preparing nodes');
  const calls = (await readFile(log, 'utf8')).split('\n');
  const made = calls.filter((call) => call.startsWith('run '));
  expect(made).toHaveLength(1);
  expect(made[0]).toContain(
    `--volume=${join(root, 'test/kind/audit-policy.yaml')}:/etc/kubernetes/audit/policy.yaml:ro`,
  );
});

it('a configuration that kind does not know is refused, so that the test before proves something', async () => {
  const file = join(directory, 'wrong.yaml');
  const text = await readFile(join(root, 'test/kind/cluster.yaml'), 'utf8');
  await writeFile(file, text.replace('extraMounts', 'furtherMounts'));
  const { code, stderr } = await run([kind, 'create', 'cluster', `--config=${file}`, '--name=wrong']);
  expect([code, stderr.includes('furtherMounts')]).toEqual([1, true]);
});

interface Recorder {
  readonly commands: string[];
  readonly run: RunCommand;
}

/** Runs nothing but `helm package`; `answers` are those of other commands, by what they contain. */
function recorder(answers: Readonly<Record<string, string | Error>> = {}): Recorder {
  const commands: string[] = [];
  return {
    commands,
    run: async (command) => {
      const text = command.join(' ').replaceAll(/\/\S*\/(?=(kubeconfig|cert-manager[-\w.]*\.tgz)\b)/g, '');
      commands.push(text);
      const found = Object.entries(answers).find(([part]) => text.includes(part))?.[1];
      if (found instanceof Error) throw found;
      if (command[1] === 'package') {
        const { code, stderr } = await run(command);
        if (code !== 0) throw new Error(stderr);
      }
      return found ?? '';
    },
  };
}

const programs = () => ({ engine: 'docker', kind: 'kind', helm, kubectl: ['kubectl'] }) as const;
const name = `pca-${process.pid}`;

it('cert-manager is installed from its Go module, with the images of that version', async () => {
  const { commands, run: record } = recorder();
  const steps: string[] = [];
  const cluster = await KindCluster.start(programs(), (step) => steps.push(step), record);
  expect([commands.length, steps]).toEqual([3, ['kind is ready', 'cert-manager is ready']]);
  expect(commands[0]).toBe(
    `kind create cluster --config=test/kind/cluster.yaml --kubeconfig=kubeconfig --wait=180s --name=${name}`,
  );
  const archive = /install cert-manager (\S+) --namespace cert-manager --create-namespace/.exec(commands[2] ?? '')?.[1];
  const { stdout } = await run([helm, 'template', join(cluster.directory, archive ?? ''), '--set=crds.enabled=true']);
  const images = [...stdout.matchAll(/image: "?([^"\s]+)/g)].map(([, image = '']) => image.split(':').at(-1));
  const version = /cert-manager-(.*)\.tgz$/.exec(archive ?? '')?.[1];
  expect([images.length > 3, new Set(images)]).toEqual([true, new Set([version])]);
  expect(stdout).toContain('certificaterequests.cert-manager.io');
  await cluster.stop();
  expect(commands.at(-1)).toBe(`kind delete cluster --name=${name}`);
});

it('the node is reached through the engine', async () => {
  const { commands, run: record } = recorder({
    'memory.max': '536870912\n104857600\n',
    'cat /var/log': '{}\n',
    '/readyz': 'ok',
  });
  const cluster = await KindCluster.start(programs(), () => {}, record);
  commands.length = 0;
  const status = { containerStatuses: [{ containerID: 'containerd://c0ffee' }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status } as unknown as Manifest;
  expect([await cluster.memoryOf(pod), await cluster.auditLog()]).toEqual([
    { limit: 536_870_912, peak: 104_857_600 },
    '{}\n',
  ]);
  await cluster.loadImage('operator.tar');
  await cluster.restartKubelet();
  await cluster.restartApiServer(['--feature-gates=WatchList=false']);
  const node = `docker exec ${name}-control-plane`;
  expect(commands).toEqual([
    expect.stringMatching(new RegExp(`^${node} sh -c cd .*-name '\\*c0ffee\\*'`)) as string,
    `${node} cat /var/log/kubernetes/audit.log`,
    `kind load image-archive operator.tar --name=${name}`,
    `${node} systemctl restart kubelet`,
    `${node} sed -i s|^\\( *\\)- kube-apiserver$|&\\n\\1- --feature-gates=WatchList=false| /etc/kubernetes/manifests/kube-apiserver.yaml`,
    `${node} pgrep --full -- kube-apiserver.*--feature-gates=WatchList=false`,
    'kubectl --kubeconfig=kubeconfig get --raw /readyz',
  ]);
  await cluster.stop();
});

it('a cluster whose cert-manager does not start is removed', async () => {
  const { commands, run: record } = recorder({ 'install cert-manager': new Error('timed out') });
  await expect(KindCluster.start(programs(), () => {}, record)).rejects.toThrow('timed out');
  expect(commands.at(-1)).toBe(`kind delete cluster --name=${name}`);
});

it('flags are put after the name of the API server in its manifest', async () => {
  const file = join(directory, 'manifest.yaml');
  await writeFile(file, '  - command:\n    - kube-apiserver\n    - --secure-port=6443\n');
  const { commands, run: record } = recorder({ '/readyz': 'ok' });
  const cluster = await KindCluster.start(programs(), () => {}, record);
  await cluster.restartApiServer(['--v=4']);
  const script = /sed -i (.*) \/etc/.exec(commands.find((command) => command.includes(' sed ')) ?? '')?.[1] ?? '';
  await run(['sed', '-i', script, file]);
  expect(await readFile(file, 'utf8')).toBe(
    '  - command:\n    - kube-apiserver\n    - --v=4\n    - --secure-port=6443\n',
  );
  await cluster.stop();
});

it.each([
  [['docker', 'podman'], 'docker'],
  [['podman'], 'podman'],
  [[], undefined],
] as const)('of the engines %j it takes %s', (answering, engine) => {
  const found = findEngine((each) => (answering as readonly string[]).includes(each));
  expect(found).toBe(engine);
  expect(engineObstacle(found)).toBe(
    engine === undefined
      ? 'kind needs Docker or podman, and neither answers. Install one and start it, or run what needs neither: npm run test:cluster.'
      : undefined,
  );
});
