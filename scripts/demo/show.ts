// Waits for the quickstart's Certificate and shows what came of it.
import type { DemoCluster } from './cluster.ts';
import { describeCertificate, isKeyOfCertificate, verifyChain } from './proof.ts';
import type { TlsSecret } from './proof.ts';
import { issuingCA } from './scene.ts';
import type { Quickstart, SimulatedPca, Stage } from './scene.ts';

const readyLimitMs = 60_000;
const kinds = 'alibabapcaissuers,certificates,certificaterequests';

/** Waits until every Certificate of the namespace is Ready; throws as soon as one has failed for good. */
export async function waitUntilReady(stage: Stage, cluster: DemoCluster, quickstart: Quickstart): Promise<void> {
  await stage.progress.step('Certificate is Ready', async () => {
    const started = performance.now();
    while (!(await becameReady(cluster, quickstart))) {
      const refusal = await readRefusal(cluster, quickstart);
      if (refusal !== '') throw new Error(refusal);
      if (performance.now() - started > readyLimitMs)
        throw new Error(`The Certificate did not become Ready within ${readyLimitMs / 1000} s.`);
    }
  });
}

// Waits for a few seconds only, so that a failure is noticed in between.
async function becameReady(cluster: DemoCluster, { namespace }: Quickstart): Promise<boolean> {
  const condition = ['--for=condition=Ready', '--timeout=4s'];
  return cluster.kubectl(['wait', 'certificate', '--all', '--namespace', namespace, ...condition]).then(
    () => true,
    () => false,
  );
}

async function readRefusal(cluster: DemoCluster, { namespace }: Quickstart): Promise<string> {
  const path = '{.items[*].status.conditions[?(@.reason=="Failed")].message}';
  return cluster.kubectl(['get', 'certificaterequests', '--namespace', namespace, '-o', `jsonpath=${path}`]);
}

/** Shows objects and certificate, and verifies chain and key; throws when one of them is not as it must be. */
export async function showProof(
  stage: Stage,
  cluster: DemoCluster,
  simulator: SimulatedPca,
  { namespace, secretName }: Quickstart,
): Promise<void> {
  const { progress, directory } = stage;
  const { rootPem = '' } = simulator.cas.find(({ identifier }) => identifier === issuingCA) ?? {};
  const text = await cluster.kubectl(['get', 'secret', secretName, '--namespace', namespace, '-o', 'json']);
  const secret = JSON.parse(text) as TlsSecret;
  const chain = await progress.step("openssl verify: chain up to the simulator's root", async () => {
    return verifyChain(secret, rootPem, directory);
  });
  await progress.step('private key and certificate belong together', () => {
    if (!isKeyOfCertificate(secret))
      throw new Error(`The private key in the Secret ${secretName} is not the one of the certificate.`);
  });
  progress.say(`\n$ kubectl get ${kinds} --namespace ${namespace}`);
  progress.say((await cluster.kubectl(['get', kinds, '--namespace', namespace])).trimEnd());
  progress.say(`\nThe certificate in Secret ${secretName}, as openssl shows it:`);
  progress.say(await describeCertificate(secret));
  progress.say(`\nChain: ${chain}`);
}
