// PCA is silent while askers come who do not wait: each certificate that it made is in the cluster, or reported by identifier and
// revoked. None is unaccounted for, however the silence ends. TEST_FULL=1 takes the defaults and the time of istiod;
// UPDATE_SILENCES=1 writes then what became of the certificates, for docs/at-most-once.md.
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as passes } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { silencesFile } from '../../../scripts/generate/silences.ts';
import type { SilenceFigures } from '../../../scripts/generate/silences.ts';
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { hangLimitMs, NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { leads, metric } from '../faults/scene.ts';
import { Asker, certificateIn } from './asker.ts';
import type { RequestKindName } from './operations.ts';

const isFull = process.env['TEST_FULL'] === '1';
// One that is found by its identifier, and one that is found by its key.
const operations = ['CreateCustomCertificate', 'CreateCertificateWithExtension'] as const;
const kinds: readonly RequestKindName[] = ['CertificateRequest', 'CertificateSigningRequest'];
const calls: readonly string[] = operations;
const lookUps = operations.flatMap((operation) => {
  const { store } = issuingOperations[operation];
  return [store.list(1).action, store.describe('').action];
});
const everything = [...calls, 'ListCert', 'DescribeCACertificate', ...lookUps];
let world: World;
let namespace: string;

/** What became of the certificates that PCA made. */
type Account = Pick<SilenceFigures, 'made' | 'inCluster' | 'reported' | 'revoked' | 'unaccounted'>;

/** Issuers that revoke, and one asker for each operation and kind. */
async function askersOf(prefix: string): Promise<readonly Asker[]> {
  world.simulator.reset();
  namespace = await world.createNamespace(prefix);
  await world.cluster.apply(
    operations.map((operation) =>
      world.issuer(namespace, operation.toLowerCase(), { operation, revocationPolicy: 'RequestGone' }),
    ),
  );
  for (const operation of operations) {
    const name = operation.toLowerCase();
    const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name };
    await world.cluster.waitForCondition(issuer, { type: 'Ready', status: 'True' });
  }
  return operations.flatMap((operation) =>
    kinds.map((kind) => new Asker(world, { operation, kind, namespace, issuer: operation.toLowerCase() })),
  );
}

async function account(): Promise<Account> {
  const issued = world.simulator.issued();
  const requests = [
    ...(await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace })),
    ...(await world.cluster.list({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' })),
  ];
  const written = new Set(
    requests.flatMap((request) => {
      const text = certificateIn(request);
      return text === undefined ? [] : [new X509Certificate(text).fingerprint256];
    }),
  );
  const ofNamespace = `issuer_namespace="${namespace}"`;
  const reported = await metric(world.operator, 'pca_issuer_certificates_without_request_total', ofNamespace);
  const log = await world.operator.logs();
  const accounted = issued.filter(({ pem, identifier, status }) => {
    const isWritten = written.has(new X509Certificate(pem).fingerprint256);
    const isReported = log.split('\n').some((line) => line.includes(identifier) && line.includes('request is gone'));
    return isWritten ? !isReported && status !== 'REVOKE' : isReported && status === 'REVOKE';
  });
  return {
    made: issued.length,
    inCluster: issued.filter(({ pem }) => written.has(new X509Certificate(pem).fingerprint256)).length,
    reported,
    revoked: issued.filter(({ status }) => status === 'REVOKE').length,
    unaccounted: issued.length - accounted.length,
  };
}

/** Waits until nothing is unaccounted for, and says how it came out. */
async function settled(name: string, deadlineMs = 60_000): Promise<Account> {
  let last = await account();
  await until(
    'every certificate to be accounted for',
    async () => {
      last = await account();
      if (last.unaccounted > 0 || last.made !== last.inCluster + last.reported) throw new NotYet(last);
      return true;
    },
    { deadlineMs },
  ).catch(() => undefined);
  process.stdout.write(`${name}: ${JSON.stringify(last)}\n`);
  return last;
}

/** PCA falls silent, and each asks and goes, so that its call ends without an answer; the UIDs of the requests. */
async function leftBehind(askers: readonly Asker[]): Promise<readonly string[]> {
  const before = await unanswered();
  world.simulator.setFaults({ heldActions: everything });
  await Promise.all(askers.map(async (asker) => asker.ask('when it is made')));
  await until('the calls to run out of time', async () => (await unanswered()) === before + askers.length);
  return askers.flatMap(({ abandoned }) => abandoned.map(({ uid }) => uid));
}

/** How many issuing calls had no answer. */
async function unanswered(): Promise<number> {
  const perOperation = operations.map(async (operation) =>
    metric(world.operator, 'pca_issuer_pca_calls_total', `action="${operation}"`, 'outcome="OutcomeUnknown"'),
  );
  return (await Promise.all(perOperation)).reduce((sum, count) => sum + count, 0);
}

/** What the log tells of each of these requests after it was gone; with capitals for what differs from run to run. */
async function toldOf(uids: readonly string[]): Promise<readonly (readonly string[])[]> {
  const log = await world.operator.logs();
  const lines = log.split('\n').filter((line) => line.includes('request is gone'));
  return uids.map((uid) =>
    lines
      .map((line) => JSON.parse(line) as { readonly uid: string; readonly msg: string })
      .filter((line) => line.uid === uid)
      .map(({ msg }) => msg.replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')),
  );
}

const ofRequest: Readonly<Record<string, string>> = {
  CreateCustomCertificate: ' with the custom identifier ID of this request',
  CreateCertificateWithExtension: ' of this request',
};
const leftMessage =
  'The request is gone before it is known whether the call for it made a certificate, so that is looked for.';
const revokedMessage =
  'A certificate was issued but its request is gone; it is revoked, because spec.revocationPolicy of the issuer is RequestGone.';

/** Every asker has the one certificate that it went on with; what was made for its other requests is reported and revoked. */
function expected(askers: readonly Asker[], { made }: Account): Account {
  const gone = made - askers.length;
  return { made, inCluster: askers.length, reported: gone, revoked: gone, unaccounted: 0 };
}

const quick = ['--pca-timeout=2s', '--retry-max-delay=4s'];

beforeAll(async () => {
  world = await World.start({ flags: isFull ? [] : quick });
});
afterAll(async () => world.stop());
afterEach(() => world.simulator.setFaults({ heldActions: [], deniedActions: [] }));

const served = { afterMs: hangLimitMs };

it.skipIf(isFull)('a request that is deleted while calls and look-ups are silent', async () => {
  const askers = await askersOf('silent');
  const gone = await leftBehind(askers);
  world.simulator.setFaults({ heldActions: [] });
  const all = await Promise.all(askers.map(async (asker) => asker.ask(served)));
  const came = await settled('calls and look-ups silent');
  expect([all, came.made, came]).toEqual([askers.map(() => true), 2 * askers.length, expected(askers, came)]);
  expect(await toldOf(gone)).toEqual(gone.map(() => [leftMessage, revokedMessage]));
});

it.skipIf(isFull)('a request that is deleted, and then the credentials stop working for a while', async () => {
  const askers = await askersOf('denied');
  const gone = await leftBehind(askers);
  world.simulator.setFaults({ heldActions: [], deniedActions: everything });
  const before = world.simulator.calls().length;
  await until('look-ups to be refused', () => {
    const refused = world.simulator.calls().slice(before);
    return lookUps.some((action) => refused.some((call) => call.action === action));
  });
  world.simulator.setFaults({ deniedActions: [] });
  const all = await Promise.all(askers.map(async (asker) => asker.ask(served)));
  const came = await settled('credentials stop working meanwhile');
  expect([all, came.made, came]).toEqual([askers.map(() => true), 2 * askers.length, expected(askers, came)]);
  expect(await toldOf(gone)).toEqual(gone.map(() => [leftMessage, revokedMessage]));
});

it.skipIf(isFull)('an operator that is stopped before PCA answers names what it knows in its log', async () => {
  const askers = await askersOf('stopped');
  const gone = await leftBehind(askers);
  await until('the operator to look for them', async () => (await toldOf(gone)).every(({ length }) => length > 0));
  await world.operator.stop();
  expect(await toldOf(gone)).toEqual(
    askers.map(({ operation }) => [
      leftMessage,
      `It was not found out whether a certificate${ofRequest[operation]} was issued, and the request is gone: The operator stops before PCA could tell, and the next one does not know of the request. Look for it in PCA's console, under CA "sim-sub-ecc-p256", and revoke it if it is not wanted.`,
    ]),
  );
  world.simulator.setFaults({ heldActions: [] });
  await world.startOperator();
  await until('the next operator to lead', () => leads(world.operator));
});

// istiod waits so long.
const asIstiod = { afterMs: 60_000 };

const figures: SilenceFigures[] = [];
const silences = [
  { silent: 'Issuing calls', actions: calls, seconds: 70 },
  { silent: 'Issuing calls and look-ups', actions: everything, seconds: 70 },
  { silent: 'Issuing calls and look-ups', actions: everything, seconds: 180 },
];

// What was not measured in this run stays as it is.
afterAll(() => {
  if (process.env['UPDATE_SILENCES'] !== '1') return;
  const file = fileURLToPath(new URL(`../../../${silencesFile}`, import.meta.url));
  const before = JSON.parse(readFileSync(file, 'utf8')) as readonly SilenceFigures[];
  const rows = silences.flatMap(({ silent, seconds }) => {
    const row = [...figures, ...before].find((each) => each.silent === silent && each.seconds === seconds);
    return row === undefined ? [] : [row];
  });
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
});

it.runIf(isFull).each(silences)(
  'with default settings, $silent are silent for $seconds s',
  { timeout: 1_200_000 },
  async ({ silent, actions, seconds }) => {
    const askers = await askersOf('default');
    world.simulator.setFaults({ heldActions: actions });
    let isOver = false;
    const serve = async (asker: Asker): Promise<boolean> => {
      // Whoever still waits when PCA is back asks a few more times at most.
      for (let more = 0; more < 6; more += isOver ? 1 : 0) if (await asker.ask(asIstiod)) return true;
      return false;
    };
    const silence = async (): Promise<void> => {
      await passes(seconds * 1_000);
      world.simulator.setFaults({ heldActions: [] });
      isOver = true;
    };
    const [all] = await Promise.all([Promise.all(askers.map(serve)), silence()]);
    const came = await settled(`${silent}, ${seconds} s`, 400_000);
    expect([all, came]).toEqual([askers.map(() => true), expected(askers, came)]);
    const requests = askers.reduce((sum, { asked }) => sum + asked, 0);
    figures.push({ silent, seconds, askers: askers.length, requests, ...came });
  },
);
