// Many requests while PCA throttles, fails and hangs up at random, issuers that cut lifetimes are changed, and the operator is
// killed and comes back with another clock, while cert-manager sees things late: one certificate for each, and none fails for what
// it could not help.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../../support/world.ts';
import { preload } from '../faults/clock-preload.ts';
import { startLateCertManager } from '../faults/late-cert-manager.ts';
import type { LateCertManager } from '../faults/late-cert-manager.ts';
import { requestFor, specFor } from './operations.ts';
import type { MadeRequest } from './operations.ts';
import { verify } from './proof.ts';
import { randomFrom, seed } from './seed.ts';

const isFull = process.env['TEST_FULL'] === '1';
const count = isFull ? 1000 : 150;
/** Each of so many of them comes with a Certificate, for which cert-manager asks itself, perhaps more than once. */
const requestsPerCertificate = 10;
const kills = isFull ? 16 : 4;
const withIdentifier = [
  'CreateCustomCertificate',
  'CreateServerCertificateWithCsr',
  'CreateClientCertificateWithCsr',
] as const;
const percentages = {
  throttled: 20,
  internalErrorBeforeIssuing: 5,
  internalErrorAfterIssuing: 5,
  cutBeforeIssuing: 5,
  cutAfterIssuing: 5,
};
// All are shorter than what is asked for, so that each certificate is cut.
const maxDurations = ['240h', '480h', '719h'];
const backdates = ['0s', '5m', '1h'];
// What cert-manager sees late, by as much as on a starved machine.
const lateResources = ['secrets', 'certificates', 'certificaterequests'];
const late = { lowMs: 0, highMs: 80 };
// Two clocks are at most as far apart as docs/at-most-once.md admits.
const mostOffMs = 150_000;
const certificateNames = Array.from({ length: count / requestsPerCertificate }, (_, index) => `certificate-${index}`);
const shownLines = 60;
const random = randomFrom(seed);
const quickRetries = ['--retry-base-delay=200ms', '--retry-max-delay=2s', '--shutdown-timeout=3s'];
let world: World;
let certManager: LateCertManager;
let namespace: string;
/** How many were issued when it was killed. */
const killedAt: number[] = [];
/** How often the issuers were changed. */
let changes = 0;
/** The environment of the operator that runs now, which says how wrong its clock is. */
let clock: Readonly<Record<string, string>> = {};
/** The last words of operators that ended by themselves. */
const ends: string[] = [];

beforeAll(async () => {
  process.stdout.write(`Seed ${seed}\n`);
  world = await World.start({ flags: quickRetries, simulator: { random: randomFrom(seed + 1) } });
  certManager = await startLateCertManager(world.controlPlane);
  namespace = await world.createNamespace('runs');
  for (const operation of withIdentifier) {
    const name = operation.toLowerCase();
    await world.cluster.apply(world.issuer(namespace, name, { ...specFor(operation, []), validity: drawnValidity() }));
    await world.cluster.waitForCondition(issuerOf(operation), { type: 'Ready', status: 'True' });
  }
});
afterAll(async () => {
  await world.stop();
  await certManager.stop();
});

it(
  `pays once for each of ${count} requests, and of those for ${certificateNames.length} Certificates`,
  async () => {
    world.simulator.setFaults({ percentages });
    const operations = Array.from(
      { length: count },
      () => withIdentifier[Math.floor(random() * withIdentifier.length)] ?? 'CreateCustomCertificate',
    );
    const [made] = await Promise.all([ask(operations), killOften()]);
    const all = await allReady();
    const requests = all.filter(({ metadata }) =>
      made.some(({ manifest }) => manifest.metadata.name === metadata.name),
    );
    const roots = world.simulator.cas.map(({ rootPem }) => new X509Certificate(rootPem));
    const issued = world.simulator.issued().map(({ pem }) => new X509Certificate(pem));
    const byName = new Map(requests.map((request) => [request.metadata.name, request]));
    const verdicts = made.map(({ manifest, spki }) =>
      verify(byName.get(manifest.metadata.name), { spki, issued, roots }),
    );
    process.stdout.write(
      `${issued.length} certificates for ${all.length} requests and ${certificateNames.length} Certificates, killed at ${killedAt.join(', ')}, ${ends.length} lost Leases, calls: ${JSON.stringify(outcomes())}\n`,
    );
    expect(verdicts.filter((verdict) => verdict !== 'verified')).toEqual([]);
    expect(requests.map(messageOf).filter((message) => !message.includes(' instead of 720h'))).toEqual([]);
    expect(all.filter((request) => readyOf(request) === 'Failed')).toEqual([]);
    const names = [...made.map(({ manifest }) => manifest.metadata.name), ...certificateNames];
    await world.issuances({ namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) });
    expect([killedAt.length, changes]).toEqual([kills, kills]);
    expect(ends.filter((line) => !line.includes('The Lease was lost'))).toEqual([]);
  },
  isFull ? 1_500_000 : 600_000,
);

async function ask(operations: readonly (typeof withIdentifier)[number][]): Promise<readonly MadeRequest[]> {
  const made: MadeRequest[] = [];
  for (const [index, operation] of operations.entries()) {
    const request = await requestFor(operation, { namespace, name: `run-${index}`, issuer: operation.toLowerCase() });
    await world.cluster.apply(request.manifest);
    made.push(request);
    const name = certificateNames[index / requestsPerCertificate];
    if (name === undefined) continue;
    const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: 'createcustomcertificate' };
    await world.cluster.apply(certificate(namespace, name, { duration: '720h', issuerRef }));
  }
  return made;
}

/**
 * Changes the issuers at a random moment of each of so many equal shares, and kills the operator at a later one; the last share is
 * left to the survivor.
 */
async function killOften(): Promise<void> {
  const share = count / (kills + 1);
  for (let kill = 0; kill < kills; kill += 1) {
    certManager.delay(drawn(lateResources), { ...late, random: randomFrom(seed + 2 + kill) });
    const [first = 0, second = 0] = [random(), random()].toSorted((one, other) => one - other);
    await issued(Math.ceil((kill + first) * share));
    await changeIssuers();
    await issued(Math.ceil((kill + second) * share));
    await world.operator.kill();
    killedAt.push(world.simulator.issued().length);
    clock = preload({ offMs: Math.round((random() * 2 - 1) * mostOffMs) });
    await world.startOperator([], clock);
  }
}

async function issued(target: number): Promise<void> {
  await whileRunning(`${target} certificates`, () => {
    const present = world.simulator.issued().length;
    if (present < target) throw new NotYet(`${present}; ${JSON.stringify(outcomes())}`);
    return true;
  });
}

async function changeIssuers(): Promise<void> {
  for (const operation of withIdentifier)
    await world.cluster.patch(issuerOf(operation), { spec: { validity: drawnValidity() } });
  changes += 1;
}

function drawnValidity(): Readonly<Record<string, string>> {
  return { onExceed: 'Clamp', maxDuration: drawn(maxDurations), backdate: drawn(backdates) };
}

function drawn(values: readonly string[]): string {
  return values[Math.floor(random() * values.length)] ?? '';
}

function issuerOf(operation: string): ObjectReference {
  return { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: operation.toLowerCase() };
}

/** Waits, and starts the operator again when it ends by itself, as its pod would be when a busy machine cost it the Lease. */
async function whileRunning<Value>(description: string, check: () => Value | Promise<Value>): Promise<void> {
  let hasEnded = false;
  const watch = (): void => {
    hasEnded = false;
    void world.operator.ended.then(() => (hasEnded = true));
  };
  watch();
  const again = async (): Promise<void> => {
    ends.push((await world.operator.logs()).trimEnd().split('\n').at(-1) ?? '');
    await world.startOperator([], clock);
    watch();
  };
  // For the work between two kills, or all of it that is left.
  const deadlineMs = isFull ? 600_000 : 240_000;
  try {
    await until(
      description,
      async () => {
        if (hasEnded) await again();
        return check();
      },
      { deadlineMs, everyMs: 20 },
    );
  } catch (error) {
    const log = (await world.operator.logs()).trimEnd().split('\n');
    process.stdout.write(`The operator's last lines:\n${log.slice(-shownLines).join('\n')}\n`);
    throw error;
  }
}

/** Every request of the namespace, when those made here and the Certificates have come to an end. */
async function allReady(): Promise<readonly Manifest[]> {
  const query = { apiVersion: 'cert-manager.io/v1', namespace };
  let all: readonly Manifest[] = [];
  const wanted = count + certificateNames.length;
  await whileRunning(`${wanted} requests and Certificates to be Ready`, async () => {
    all = await world.cluster.list({ ...query, kind: 'CertificateRequest' });
    const own = all.filter(({ metadata }) => metadata.name.startsWith('run-'));
    const certificates = await world.cluster.list({ ...query, kind: 'Certificate' });
    const open = [...own, ...certificates].filter((each) => statusOf(each) !== 'True');
    const failed = all.filter((request) => readyOf(request) === 'Failed').length;
    if (own.length + certificates.length - open.length + failed < wanted) throw new NotYet(stateOf(open, failed));
    return true;
  });
  return all;
}

/** What a wait in vain is told with: who waits for what, and how the operator fared. */
function stateOf(open: readonly Manifest[], failed: number): string {
  const waiting = open.map((each) => `${each.kind} ${each.metadata.name}: ${JSON.stringify(conditionsOf(each))}`);
  const operator = `killed at ${killedAt.join(', ')}; ${ends.length} ends: ${ends.at(-1) ?? ''}; ${JSON.stringify(clock)}`;
  return `${open.length} are not Ready, ${failed} Failed; ${operator}; calls ${JSON.stringify(outcomes())};\n${waiting.join('\n')}`;
}

function statusOf(object: Manifest): string | undefined {
  return conditionsOf(object).find(({ type }) => type === 'Ready')?.status;
}

function readyOf(request: Manifest): string | undefined {
  return conditionsOf(request).find(({ type }) => type === 'Ready')?.reason;
}

function messageOf(request: Manifest): string {
  return conditionsOf(request).find(({ type }) => type === 'Ready')?.message ?? '';
}

function outcomes(): Readonly<Record<string, number>> {
  const calls = world.simulator.calls().map(({ action, outcome }) => `${action} ${outcome}`);
  const kinds = [...new Set(calls)].sort();
  return Object.fromEntries(kinds.map((kind) => [kind, calls.filter((call) => call === kind).length]));
}
