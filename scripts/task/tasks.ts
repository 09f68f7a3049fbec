// The npm scripts: what each is for and what can be said to it, by the name of its file in scripts/. Read by `--help`, by
// the list of all scripts, by the table in CONTRIBUTING.md and by the scripts themselves.
import { caseMeanings } from '../bench/case-names.ts';
import { liveVariables } from '../live/settings.ts';
import { subcommands } from '../../src/program/manuals.ts';
import { simulatorManual } from '../../simulator/manual.ts';
import type { Task } from './task.ts';

const go = 'Go 1.26; the first run builds API server, etcd, cert-manager and Helm, which takes minutes';
const vitest = '-t NAME for tests by their names, and all other options: handed on to vitest';
const full = { kind: 'switch', help: 'the long variants of the tests, which take far longer' } as const;

/** Scripts whose command line is read here. */
export const tasks = {
  demo: {
    npmScript: 'demo',
    summary: 'Shows the way from kubectl apply of a Certificate to a verified certificate, without a cloud account',
    details:
      'Starts a control plane, cert-manager, the operator and a simulator of PCA, and removes all of it at the end.',
    needs: `openssl and ${go}.`,
    flags: {
      keep: { kind: 'switch', help: 'leave everything running until Ctrl-C, with a page that shows it live' },
      kubeconfig: {
        kind: 'text',
        value: 'FILE',
        help: 'use this cluster, which must have cert-manager; only what the demo made there is removed',
      },
      cluster: {
        kind: 'switch',
        help: 'install the chart with Helm into a cluster of one node with pods, which needs root on Linux',
      },
      mesh: {
        kind: 'switch',
        help: 'istiod and the agents of two workloads with certificates of PCA; the first run builds them, which takes minutes more',
      },
    },
  },
  test: {
    npmScript: 'test',
    summary: 'Runs the static checks, builds, and runs every test, in pods as well where the machine can',
    details: 'The last line is "N passed, N failed"; a line before it says what was skipped and why.',
    needs: `for more than the unit tests gcc and ${go}.\nThe tests in pods need root on Linux with cgroup v1, and are skipped without. No cloud account, no costs.`,
    flags: {
      only: {
        kind: 'choice',
        choices: ['unit', 'integration', 'cluster', 'oldest'],
        help: 'only these tests, without the static checks; oldest is a part of the integration tests on the oldest Kubernetes and cert-manager; default all but these',
      },
      full,
    },
    rest: `names of test files, ${vitest}`,
    examples: {
      '--only unit test/unit/crds': 'the unit tests in a folder',
      '--only integration -t renew': 'the integration tests whose names contain "renew"',
    },
    shortcuts: {
      'test:unit': { parameters: '--only unit', summary: 'Runs the unit tests, which need nothing but Node' },
      'test:integration': {
        parameters: '--only integration',
        summary: 'Runs the tests against a real API server and a real cert-manager',
      },
      'test:cluster': { parameters: '--only cluster', summary: 'Runs the tests in pods, on a cluster of one node' },
      'test:full': {
        parameters: '--full',
        summary: 'Runs everything in its long variants, and a part on the oldest Kubernetes and cert-manager too',
      },
    },
  },
  verify: {
    npmScript: 'verify',
    summary: 'Checks types, lint, format, unused code and generated files, and runs the unit tests',
    needs: 'nothing but Node, and under a minute.',
    flags: {},
  },
  browser: {
    npmScript: 'test:browser',
    summary: 'Runs the tests of pages in the Chromium or Chrome of this machine',
    details:
      'No part of npm test: not every machine has a browser, and none is fetched. CHROMIUM names one that is not on PATH.',
    needs: 'Chromium or Chrome, on Debian or Ubuntu: apt-get install chromium.',
    flags: {},
    rest: `names of test files, ${vitest}`,
  },
  live: {
    npmScript: 'test:live',
    summary: "Runs the contract's cases against the real service, which issues certificates that cost money",
    details: `Skipped unless the environment names an account and a sub CA:\n${list(liveVariables)}`,
    needs: 'an account of Alibaba Cloud with a sub CA. Each case costs a certificate, and revokes it.',
    flags: {},
  },
  'e2e-kind': {
    npmScript: 'e2e:kind',
    summary: 'Runs the tests of the chart in pods on a cluster of kind',
    needs: `Docker or podman, and ${go}. With --mesh also the network.`,
    flags: {
      full,
      mesh: {
        kind: 'switch',
        help: 'instead, this chart beside those of Istio, istio-csr, Linkerd and two CSI drivers, which are fetched with their images',
      },
    },
    rest: vitest,
  },
  generate: {
    npmScript: 'generate',
    summary: 'Writes every file and section of a page that follows from another file',
    needs: 'nothing but Node; with --with-helm Go 1.26, and minutes to build Helm for the first time.',
    flags: {
      check: { kind: 'switch', help: 'write nothing; fail and name the files that are not up to date' },
      'with-helm': { kind: 'switch', help: 'deploy/install.yaml too, which Helm renders from the chart' },
    },
  },
  build: {
    npmScript: 'build',
    summary: 'Builds what is shipped: the operator and its dependencies as a few files in dist/',
    needs: 'nothing but Node, and about a second.',
    flags: {},
  },
  docs: {
    npmScript: 'docs:build',
    summary: 'Builds the site of docs/ into docs/.vitepress/dist; a link that leads nowhere fails it',
    details:
      'Files of the repository that are no pages are links only where DOCS_SOURCES names the address of its files,\nsuch as https://HOST/OWNER/NAME/blob/main/.',
    needs: 'nothing but Node, and half a minute.',
    flags: {
      dev: { kind: 'switch', help: 'serve the site on this machine until Ctrl-C, and follow changes, instead' },
    },
    shortcuts: {
      'docs:dev': { parameters: '--dev', summary: 'Serves the site of docs/ on this machine and follows changes' },
    },
  },
  image: {
    npmScript: 'image',
    summary: 'Writes the images of operator and simulator to dist/image/, with bill of materials and licences',
    details: 'They are OCI archives for amd64 and arm64, built without a container engine.',
    needs:
      "Debian on either kind of processor: the base of the images is made of its packages. The other kind's, and its Node, are\nfetched. On Ubuntu, which keeps them elsewhere, only with --architecture.",
    flags: {
      architecture: {
        kind: 'choice',
        choices: ['amd64', 'arm64'],
        help: 'only for these processors; default both',
      },
      revision: {
        kind: 'text',
        value: 'SHA',
        default: 'unknown',
        help: "commit of the sources, for the images' labels",
      },
    },
  },
  release: {
    npmScript: 'release',
    summary:
      'Writes everything that a release publishes to dist/release/: image, chart, manifests, papers, air-gap bundle',
    details: 'Publishes nothing. The changes of the version have to be in CHANGELOG.md.',
    needs: 'Debian, as npm run image, and Go 1.26, with which Helm is built once.',
    flags: {
      registry: {
        kind: 'text',
        value: 'REGISTRY',
        default: 'REGISTRY',
        help: 'where image and chart will lie, with the path above their names',
      },
      source: { kind: 'text', value: 'URL', help: 'of the repository, for the chart' },
      revision: {
        kind: 'text',
        value: 'SHA',
        default: 'unknown',
        help: "commit of the sources, for the image's labels",
      },
    },
  },
  cluster: {
    npmScript: 'cluster',
    summary: 'Starts a cluster of one node with cert-manager and the images of operator and simulator, until Ctrl-C',
    details: 'Prints how to reach it, and removes all of it at the end but for what was installed with apt-get.',
    needs:
      'root on Linux with cgroup v1; installs containerd, runc and other tools with apt-get where they are missing.\n' +
      'Go 1.26; the first run builds Kubernetes and what a node needs, which takes minutes.',
    flags: {},
  },
  bench: {
    npmScript: 'bench',
    summary: 'Measures what a certificate costs and how fast requests are drained, on this machine',
    details: `Rewrites docs/benchmarks.json, its page and plots; cases that are not run keep their figures. With --pods instead
docs/benchmarks-pods.json and the page. Rates are told beside those of a bare client in the same run: only ratios
within a run can be compared. The cases:\n${list(caseMeanings)}`,
    needs: `many minutes of a quiet machine, openssl, and ${go}.\nWith --pods also root on Linux, as npm run cluster.`,
    flags: {
      cases: { kind: 'text', value: 'NAMES', help: 'only these cases, separated by commas' },
      quick: { kind: 'switch', help: 'sizes that only show that everything works' },
      requests: { kind: 'count', default: 1000, help: 'requests, or certificates with --pods, in a run' },
      pairs: {
        kind: 'count',
        default: 5,
        help: 'repetitions, of which the median is told, alternating with the reference',
      },
      finished: { kind: 'count', default: 50_000, help: 'finished requests in the cluster when memory is measured' },
      issued: { kind: 'count', default: 10_000, help: 'certificates issued when the growth of memory is measured' },
      waiting: { kind: 'count', default: 10_000, help: 'approved requests that wait when a process starts' },
      behind: { kind: 'count', default: 5000, help: "a neighbour's requests that wait at a limit on calls" },
      baseline: { kind: 'text', value: 'COMMIT', help: 'drive the bundle of this commit too, in turn, as "before"' },
      compare: {
        kind: 'text',
        value: 'FILE',
        help: 'print an earlier docs/benchmarks.json beside the figures of this run',
      },
      output: { kind: 'text', value: 'FILE', help: 'write the figures there instead, and no page' },
      flags: { kind: 'text', value: 'FLAGS', help: 'further flags of the operator, separated by spaces' },
      peer: {
        kind: 'text',
        value: 'COMMAND',
        help: 'drive another external issuer too: a program with its arguments, which finds KUBECONFIG in its environment',
      },
      'peer-issuer': { kind: 'text', value: 'GROUP/KIND/NAME', help: "what the peer's requests name" },
      'peer-manifests': {
        kind: 'text',
        value: 'FILES',
        help: 'what is applied for the peer first, separated by commas',
      },
      pods: { kind: 'switch', help: "measure start and memory in the chart's pods instead" },
    },
    examples: {
      '--quick': 'to see that it works',
      '--baseline HEAD~20 --cases drain,memory': 'what twenty commits have changed',
    },
  },
  profile: {
    npmScript: 'profile',
    summary: 'Shows whose processor time and memory a certificate takes, by rooms of the sources and by libraries',
    details:
      'Leaves drain.cpuprofile, drain.heapprofile and shares.txt in a folder. With --baseline it rewrites\ndocs/benchmarks-profile.json and the page of the benchmarks.',
    needs: `a few minutes, and ${go}.`,
    flags: {
      requests: { kind: 'count', default: 2000, help: 'requests in a drain' },
      latency: { kind: 'text', value: 'MS', default: '0', help: 'latency of PCA in milliseconds' },
      cold: { kind: 'switch', help: 'the first drain of a process instead of its second' },
      baseline: { kind: 'text', value: 'COMMIT', help: 'profile this commit too, as "before"' },
      folder: { kind: 'text', value: 'FOLDER', default: 'profile', help: 'where the files go' },
    },
  },
  soak: {
    npmScript: 'soak',
    summary: 'Keeps the operator busy and disturbed for an hour, and tells what it keeps and what was paid',
    details:
      'Renewals, deletions, issuer changes, faults of the simulator, restarts of API server and operator. Rewrites docs/soak.json,\n.md and .svg. Fails when a certificate was paid twice, or a request failed.',
    needs: `${go}.`,
    flags: {
      minutes: { kind: 'count', default: 60, help: 'how long; at least until each disturbance was there once' },
      seed: { kind: 'count', default: 1, help: 'another one draws other moments' },
      output: { kind: 'text', value: 'FILE', help: 'write the figures there instead, and no page' },
    },
  },
  limiter: {
    npmScript: 'bench:limiter',
    summary: 'Compares how the limiter finds a limit that it was not told with fixed rates',
    details: 'In virtual time, so it gives the same figures everywhere. Rewrites docs/limiter.json, .svg and .md.',
    needs: 'nothing but Node.',
    flags: {
      wire: {
        kind: 'switch',
        help: 'a part of it over HTTP too, which takes eight minutes, for docs/limiter-wire.json',
      },
    },
  },
} as const satisfies Readonly<Record<string, Task>>;

/** Every npm script that is not a shortcut; simulator and operator read their own command lines. */
export const allScripts: readonly Pick<Task, 'npmScript' | 'summary' | 'shortcuts'>[] = [
  ...Object.values(tasks),
  { npmScript: 'simulator', summary: simulatorManual.summary },
  {
    npmScript: 'start',
    summary: `Builds the operator and runs it in this terminal, with its own flags; also ${Object.keys(subcommands).join(', ')}`,
  },
];

function list(meanings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(meanings);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n');
}
