// What a certificate costs while nothing goes wrong: one call to PCA and one write of its status. Hardly anything is read.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyRequest } from '../../../control-plane/driver/control-plane.ts';
import { hasCondition } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { requestFor } from './operations.ts';

const count = 100;
let world: World;
let namespace: string;

beforeAll(async () => {
  world = await World.start({ controlPlane: { auditLog: [everyRequest] } });
  namespace = await world.createNamespace('steady');
  await world.cluster.apply(world.issuer(namespace, 'pca'));
  const issuer = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer', namespace, name: 'pca' };
  await world.cluster.waitForCondition(issuer, { type: 'Ready', status: 'True' });
});
afterAll(async () => world.stop());

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly subresource?: string; readonly name?: string };
}

/** Whether it is an event of something else than a request of this test; events are named after what they are of. */
function isOfAnother({ resource, name = '' }: NonNullable<AuditEvent['objectRef']>): boolean {
  return resource === 'events' && !name.startsWith('steady-');
}

/** The requests of the operator's ServiceAccount by kind, from the audit log. */
async function requestsOfOperator(): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(world.controlPlane.auditLogFile ?? '', 'utf8');
  const user = `system:serviceaccount:${world.namespace}:`;
  const counts = new Map<string, number>();
  // The last line may not be whole yet.
  for (const line of text.split('\n').slice(0, -1)) {
    const { verb, user: who, objectRef } = JSON.parse(line) as AuditEvent;
    if (!who.username.startsWith(user) || objectRef === undefined) continue;
    // What is said of the issuer may be sent while its requests are served.
    const resource = isOfAnother(objectRef) ? `${objectRef.resource} of another object` : objectRef.resource;
    const kind = [verb, resource, objectRef.subresource ?? ''].join(' ').trim();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

it(`issues ${count} certificates with as many calls and writes, and hardly a read`, async () => {
  const before = await requestsOfOperator();
  const callsBefore = world.simulator.calls().length;
  for (let index = 0; index < count; index += 1) {
    const { manifest } = await requestFor('CreateCustomCertificate', {
      namespace,
      name: `steady-${index}`,
      issuer: 'pca',
    });
    await world.cluster.apply(manifest);
  }
  await until('all to be Ready', async () => {
    const all = await world.cluster.list({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      namespace,
    });
    const ready = all.filter((request) => hasCondition(request, { type: 'Ready', status: 'True' })).length;
    if (ready < count) throw new NotYet(`${ready} are`);
    return true;
  });
  // Ends cleanly, so that no event is still to be sent.
  expect(await world.operator.stop()).toEqual({ code: 0, signal: null });
  const write = 'patch certificaterequests status';
  // The log is written after the answer.
  const after = await until('the audit log', async () => {
    const counts = await requestsOfOperator();
    if ((counts.get(write) ?? 0) - (before.get(write) ?? 0) < count) throw new NotYet([...counts]);
    return counts;
  });
  const made = [...after].map(([kind, total]) => [kind, total - (before.get(kind) ?? 0)] as const);
  process.stdout.write(
    `Requests for ${count} certificates: ${JSON.stringify(made.filter(([, total]) => total > 0))}\n`,
  );
  const calls = world.simulator.calls().slice(callsBefore);
  expect(calls.map(({ action }) => action)).toEqual(Array.from({ length: count }, () => 'CreateCustomCertificate'));
  const certificates = Object.fromEntries(Array.from({ length: count }, (_, index) => [`steady-${index}`, 1]));
  await world.issuances({ namespace, certificates, calledOnce: true });
  const times = new Map(made);
  expect(times.get(write)).toBe(count);
  // What has news between its write and the watch's word of that is read once more.
  expect(times.get('get certificaterequests') ?? 0).toBeLessThan(count / 10);
  // Of a burst some.
  expect(times.get('create events') ?? 0).toBeLessThan(count);
});
