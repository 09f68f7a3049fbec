// What an issuer sets about itself: how many certificates, how often for one Certificate, how long trouble may last; and what
// becomes of an endpoint that is silent.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { noFaults } from '../../simulator/faults.ts';
import { conditionsOf } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { renew, renewNow } from '../support/renewal.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../support/world.ts';
import { requestFor } from './at-most-once/operations.ts';

let world: World;
let namespace: string;
const ready = { type: 'Ready', status: 'True' };
const issuer = () => ({ apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' });
const request = (name: string) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'CertificateRequest',
  namespace,
  name,
});
const certificateReference = (name: string) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  namespace,
  name,
});

beforeAll(async () => {
  world = await World.start({
    flags: ['--retry-base-delay=200ms', '--retry-max-delay=1s', '--secret-check-interval=1s'],
  });
});
afterAll(async () => world.stop());

beforeEach(async () => {
  namespace = await world.createNamespace('limits');
  world.simulator.reset();
});

/** Makes requests without Certificates, of which cert-manager makes no further ones by itself. */
async function askDirectly(names: readonly string[]): Promise<void> {
  const made = names.map(async (name) => requestFor('CreateCustomCertificate', { namespace, name, issuer: 'pca' }));
  await world.cluster.apply((await Promise.all(made)).map(({ manifest }) => manifest));
}

/** Each has got a certificate. */
async function expectPaid(names: readonly string[]): Promise<void> {
  await world.issuances({ namespace, certificates: Object.fromEntries(names.map((name) => [name, 1])) });
}

async function issuerWith(spec: Readonly<Record<string, unknown>>): Promise<void> {
  await world.cluster.apply(world.issuer(namespace, 'pca', spec));
  await world.cluster.waitForCondition(issuer(), ready);
}

/** The message of a request that waits or failed for this reason, once it is there. */
async function told(name: string, reason: string, text: RegExp): Promise<string> {
  return until(`${name} to say ${String(text)}`, async () => {
    const found = await world.cluster.get(request(name));
    const condition = found === undefined ? undefined : conditionsOf(found).find(({ type }) => type === 'Ready');
    const { message = '' } = (condition ?? {}) as { readonly message?: string };
    if (condition?.reason !== reason || !text.test(message))
      throw new NotYet(`it says ${condition?.reason ?? 'nothing'}: ${message}`);

    return message;
  });
}

async function warnings(about: string): Promise<readonly string[]> {
  const events = await world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace });
  return events
    .filter((event) => (event['regarding'] as { name?: string }).name === about && event['type'] === 'Warning')
    .map((event) => String(event['reason']));
}

async function revision(name: string): Promise<number> {
  const found = await world.cluster.get(certificateReference(name));
  return ((found?.['status'] ?? {}) as { readonly revision?: number }).revision ?? 0;
}

async function allReady(names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => world.cluster.waitForCondition(certificateReference(name), ready)));
}

it('certificates beyond the limit per hour wait, say until when, and go on when the limit is raised', async () => {
  const names = Array.from({ length: 8 }, (_, n) => `many-${n}`);
  await askDirectly(names);
  // All of them are there before the issuer, so that they come at the same moment.
  await Promise.all(names.map(async (name) => told(name, 'Pending', /does not exist/)));
  await issuerWith({ issuanceLimits: { certificatesPerHour: 2 } });
  const held = await until('six to be held', async () => {
    const all = await world.cluster.list({ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace });
    const messages = all.flatMap((each: Manifest) => conditionsOf(each).filter(({ type }) => type === 'Ready'));
    const waiting = messages.flatMap(({ message = '' }) => (message.startsWith('Held') ? [message] : []));
    if (waiting.length < 6) throw new NotYet(messages.map(({ message }) => message));
    return waiting;
  });
  expect(held[0]).toMatch(
    /^Held: spec\.issuanceLimits\.certificatesPerHour of the issuer allows 2 certificates and these were issued\. Raise it if more are wanted\. It continues automatically at \S+Z\.$/,
  );
  const { all } = await world.issuances();
  const paid = all.filter(({ certificates }) => certificates.length > 0).map(({ request: { name } }) => name);
  expect(paid).toHaveLength(2);
  const waiting = names.filter((name) => !paid.includes(name));
  const heldEvents = async () => {
    const reasons = await Promise.all(waiting.map(async (name) => warnings(name)));
    return reasons.map((each) => each.filter((reason) => reason === 'IssuanceLimitReached').length);
  };
  await until('an event about each', async () => {
    const found = await heldEvents();
    if (found.includes(0)) throw new NotYet(found);
    return true;
  });
  expect(await heldEvents()).toEqual(waiting.map(() => 1));
  await world.cluster.apply(world.issuer(namespace, 'pca', { issuanceLimits: { certificatesPerHour: 8 } }));
  await Promise.all(names.map(async (name) => world.cluster.waitForCondition(request(name), ready)));
  await expectPaid(names);
});

it('a Certificate that is issued again and again is held, also by the next process', async () => {
  await issuerWith({ issuanceLimits: { reissuesPerHour: 3 } });
  await world.cluster.apply(certificate(namespace, 'loop', { revisionHistoryLimit: 10 }));
  await allReady(['loop']);
  // cert-manager may have asked for some of them by itself.
  await until('a fourth request', async () => {
    if ((await world.cluster.get(request('loop-4'))) !== undefined) return true;
    await renewNow(world.cluster, { namespace, name: 'loop' });
    return false;
  });
  expect(await told('loop-4', 'Pending', /^Held/)).toMatch(
    new RegExp(
      `^Held: Certificate "${namespace}/loop" got 3 certificates within an hour, which looks like a loop\\. Mostly cert-manager sees`,
    ),
  );
  await world.operator.kill();
  await world.startOperator();
  await world.cluster.apply(certificate(namespace, 'other'));
  await allReady(['other']);
  await until('a warning', async () => (await warnings('loop-4')).includes('ReissueLoop'));
  await world.issuances({ namespace, certificates: { loop: 3, other: 1 }, calledOnce: true });
});

it('trouble that lasts longer than the patience is reported once more, with the end of the present certificate', async () => {
  await issuerWith({ patience: { duration: '2s' } });
  await world.cluster.apply(certificate(namespace, 'web'));
  await allReady(['web']);
  const upgrading = { code: 'OperationDenied.SystemUpgrading', status: 400 };
  world.simulator.setFaults({ failingActions: { CreateCustomCertificate: upgrading } });
  const next = await renew(world.cluster, { namespace, name: 'web' });
  const waiting = `web-${next}`;
  expect(await told(waiting, 'Pending', /spec\.patience/)).toMatch(
    new RegExp(
      `^Not issued for longer than spec\\.patience\\.duration of the issuer \\(2s\\): .*OperationDenied\\.SystemUpgrading.*It is still tried automatically; somebody should look into it\\. The present certificate of Certificate "${namespace}/web" is valid until \\S+Z\\.$`,
    ),
  );
  await until('both events', async () => (await warnings(waiting)).length >= 2);
  expect((await warnings(waiting)).toSorted()).toEqual(['PatienceExceeded', 'RetryableError']);
  world.simulator.setFaults(noFaults);
  await until('the renewed certificate', async () => (await revision('web')) >= next);
});

it('an issuer may give up then, but only where surely no certificate was issued', async () => {
  await issuerWith({ patience: { duration: '2s', onExceeded: 'Fail' } });
  const upgrading = { code: 'OperationDenied.SystemUpgrading', status: 400 };
  world.simulator.setFaults({ failingActions: { CreateCustomCertificate: upgrading } });
  await world.cluster.apply(certificate(namespace, 'sure'));
  expect(await told('sure-1', 'Failed', /spec\.patience/)).toMatch(
    /^Not issued for longer than spec\.patience\.duration of the issuer \(2s\): .* spec\.patience\.onExceeded of the issuer is Fail\. This request is given up; a new one is needed\. cert-manager may wait .*: cmctl renew sure -n \S+\.$/,
  );
  // The list cannot be read, so whether the certificate exists is not known.
  world.simulator.setFaults({
    failingActions: { ListCert: { code: 'ServiceUnavailable', status: 503 } },
    cutAfterIssuing: 1,
  });
  await world.cluster.apply(certificate(namespace, 'unsure'));
  await told('unsure-1', 'Pending', /It is still tried automatically; somebody should look into it\./);
  world.simulator.setFaults(noFaults);
  await allReady(['unsure']);
  await world.issuances({ namespace, certificates: { sure: 0, unsure: 1 } });
});

it('an endpoint that is silent makes the issuer wait, not each of its requests, and goes on by itself', async () => {
  await issuerWith({});
  world.simulator.setFaults({ percentages: { cutBeforeIssuing: 100 } });
  const names = Array.from({ length: 8 }, (_, n) => `silent-${n}`);
  await askDirectly(names);
  await world.cluster.waitForCondition(issuer(), { type: 'Ready', status: 'False', reason: 'PCAUnavailable' });
  const calls = () => world.simulator.calls().filter(({ action }) => action === 'CreateCustomCertificate').length;
  expect(calls()).toBeLessThan(2 * names.length + 5);
  world.simulator.setFaults(noFaults);
  await Promise.all(names.map(async (name) => world.cluster.waitForCondition(request(name), ready)));
  await expectPaid(names);
});
