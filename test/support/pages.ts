// The fenced blocks of a page, and the commands in them that cannot run in a test, each with a check of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** One fenced block; `language` is empty where the fence names none. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** All fenced blocks of a page, also those in a list, without their indentation. */
export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', language = '', text = '']) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The commands of a block, lines that are continued as one, without prompts; of one with prompts, no output. */
export function commandsOf({ text }: Block): readonly string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  const prompted = lines.some((line) => line.startsWith('$ '));
  return lines
    .filter((line) => (prompted ? line.startsWith('$ ') : line !== ''))
    .map((line) => line.replace(/^\$ /, ''));
}

const packageJson = JSON.parse(read('package.json')) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};
const archive = `dist/image/alibaba-pca-issuer-${packageJson.version}.tar`;
const reference = `REGISTRY/alibaba-pca-issuer:${packageJson.version}`;

/** Commands that need Docker, a registry, the Internet or minutes: what they start with, and what has to be so for them. */
const elsewhere: readonly (readonly [begin: string, fault: (command: string) => string | undefined])[] = [
  [
    'docker build ',
    (command) => {
      const known = [...read('Dockerfile').matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);
      const given = [...command.matchAll(/--build-arg (\w+)=/g)].map(([, name]) => name);
      const unknown = given.find((name) => !known.includes(name));
      if (unknown !== undefined) return `the Dockerfile has no argument ${unknown}`;
      return command.includes(`-t ${reference}`) && command.endsWith(' .') ? undefined : 'another name or folder';
    },
  ],
  [
    'docker buildx build ',
    (command) => mentions(command, '--platform linux/amd64,linux/arm64 ', `-t ${reference}`, '--push .'),
  ],
  ['docker push ', (command) => (command === `docker push ${reference}` ? undefined : 'another name')],
  [
    'npm run ',
    (command) =>
      command.slice('npm run '.length) in packageJson.scripts ? undefined : 'package.json has no such script',
  ],
  ['skopeo copy ', (command) => mentions(command, archive, reference)],
  ['mkdir -p dist/image/', (command) => mentions(command, archive)],
  ['velero ', (command) => mentions(command, '--exclude-resources certificaterequests.cert-manager.io')],
  [
    'cmctl renew ',
    (command) => (/^cmctl renew (?:--all -n shop|web -n shop|CERTIFICATE)$/.test(command) ? undefined : 'another name'),
  ],
  ['crane push ', (command) => mentions(command, 'dist/image/layout', reference)],
];

function mentions(command: string, ...words: readonly string[]): string | undefined {
  const missing = words.find((word) => !command.includes(word));
  return missing === undefined ? undefined : `${missing} is not in it`;
}

/** Whether a command cannot run in a test, and what is wrong with it all the same: `run` if it can. */
export function judge(command: string): 'run' | 'elsewhere' | { readonly fault: string } {
  const rule = elsewhere.find(([begin]) => command.startsWith(begin));
  if (rule === undefined) return 'run';
  const fault = rule[1](command);
  return fault === undefined ? 'elsewhere' : { fault };
}

/** The tests that run every block for a shell of a page. */
export const pagesWithTest: Readonly<Record<string, string>> = {
  'README.md': 'test/helm/install.test.ts',
  'docs/administration.md': 'test/integration/administration/page.test.ts',
  'docs/install.md': 'test/helm/install.test.ts',
  'docs/mesh/README.md': 'test/integration/mesh/pages.test.ts',
  'docs/mesh/istio.md': 'test/integration/mesh/pages.test.ts',
  'docs/mesh/signers.md': 'test/integration/mesh/pages.test.ts',
  'docs/migration.md': 'test/integration/migrate/migrate.test.ts',
  'docs/quick-start.md': 'test/integration/pages/pages.test.ts',
};

/** Commands of other pages that test/integration/pages runs: page, and what the command begins with. */
export const ranHere: readonly (readonly [page: string, begin: string])[] = [
  ['docs/identities/README.md', 'kubectl get alibabapcaissuers'],
  ['docs/issuer-reference.md', 'kubectl get alibabapcaissuers -n payments'],
  [
    'docs/issuer-reference.md',
    "kubectl get alibabapcaissuer payments -n payments -o jsonpath='{.status.trust.bundle}'",
  ],
  ['docs/issuer-reference.md', "kubectl get alibabapcaissuer payments -n payments -o jsonpath='{.status.trust.cert"],
  ['docs/failover.md', 'kubectl get alibabapcaissuer NAME'],
  ['docs/failover.md', 'kubectl get events --field-selector reason=FailedOver'],
  ['docs/troubleshooting.md', 'kubectl describe certificaterequests'],
  ['docs/troubleshooting.md', 'kubectl describe alibabapcaissuers'],
  ['docs/credentials.md', 'kubectl get --raw /.well-known/openid-configuration'],
  ['docs/credentials.md', 'kubectl get --raw /openid/v1/jwks'],
  ['docs/choosing-an-operation.md', 'npm start -- plan -f deploy/examples/'],
  ['docs/sizing.md', 'npm start -- capacity'],
];

/** Commands that no test runs as they stand: what they begin with, and why. */
export const notRun: readonly (readonly [begin: string, reason: string])[] = [
  ['kubectl exec -n alibaba-pca-issuer deploy/', 'needs a pod; the doctor itself runs in test/integration/doctor'],
  ['kubectl logs -n alibaba-pca-issuer deploy/', 'needs a pod'],
  ['kubectl logs -n NAMESPACE deploy/', 'needs a pod'],
  ["  jq -r 'select(.serialNumber", 'reads what the command before it prints'],
  [
    'kubectl get certificaterequest web-1 -o jsonpath',
    'the name is an example; test/integration/traces reads such a trace',
  ],
  ['kubectl rollout status deployment/alibaba-pca-issuer', 'needs pods; test/cluster waits for them'],
  ['alibaba-pca-issuer doctor --kubeconfig', 'runs in test/integration/doctor'],
  ['alibaba-pca-issuer plan -f', 'runs in test/unit/plan-command and test/integration/plan.test.ts'],
  ['alibaba-pca-issuer capacity', 'generated: the page holds what it printed'],
  ['echo $?', 'generated, or compared with the page by the test of its subcommand'],
  ['openssl s_client', 'needs an OIDC issuer on the Internet'],
  ['csplit -sz', 'needs what the command before it read'],
  ['openssl x509 -noout -fingerprint', 'needs what the command before it read'],
  ['aliyun ims', 'needs an account'],
  ['helm install alibaba-pca-issuer oci://', 'needs a release in a registry'],
  ['helm install alibaba-pca-issuer alibaba-pca-issuer-', 'needs what a release publishes'],
  ['cosign verify', 'needs a release in a registry'],
  ['gh attestation verify', 'needs a release in a registry'],
  ['tar -xzf alibaba-pca-issuer-', 'needs what a release publishes'],
  ['sha256sum --check checksums.txt', 'needs what a release publishes'],
  ['skopeo copy --all --preserve-digests', 'needs what a release publishes, and a registry'],
  ['helm test', 'needs pods; test/cluster runs it'],
  ['helm upgrade --install alibaba-pca-issuer helm/', 'values are rendered in test/helm/matrix.test.ts'],
  ['helm install alibaba-pca-issuer helm/', 'the same as in docs/install.md'],
  [
    'kubectl apply -n default -f deploy/examples/',
    'the folders are applied in test/helm/apply.test.ts and test/integration/operations.test.ts',
  ],
  ['kubectl wait -n default', 'test/integration/operations.test.ts waits for the same'],
  ['kubectl get -n default', 'the same as in README.md'],
  ['curl -s localhost:8080/admin/', 'test/unit/simulator speaks to it'],
  ['npm run simulator', 'runs until Ctrl-C; test/unit/simulator starts it'],
  ['npm run verify', 'runs the tests'],
  ['npm test', 'runs the tests'],
];
