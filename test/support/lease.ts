// Who leads: what must not change while others are slow or mean harm.
import type { OperatorProcess } from './operator-process.ts';
import type { World } from './world.ts';

/** Who holds the operators' Lease, and how often that changed. */
export interface Leadership {
  readonly holderIdentity: string | undefined;
  readonly leaseTransitions: number | undefined;
}

const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'alibaba-pca-issuer' };

/** Reads the Lease. */
export async function leadership(world: World): Promise<Leadership> {
  const found = await world.cluster.get({ ...lease, namespace: world.namespace });
  const { holderIdentity, leaseTransitions } = (found?.['spec'] ?? {}) as Partial<Leadership>;
  return { holderIdentity, leaseTransitions };
}

/**
 * Flags with which a Lease outlasts a machine whose processors are all taken: with the chart's Lease of 15 s the operator under
 * attack kept it at a load of 18 on two processors, and lost it at one of 30, in both cases with no turn of its event loop above
 * 250 ms. How long it stands still is measured apart. Every world has them; a test of the Lease itself sets its own.
 */
export const patientLease = ['--lease-duration=90s', '--lease-renew-deadline=80s'];

/** Writes another holder into the Lease; '' for none, so that nobody waits for the end of one whose holder was killed. */
export async function setLeaseHolder(world: World, holderIdentity: string): Promise<void> {
  const now = new Date().toISOString().replace('Z', '000Z');
  const spec = { holderIdentity, renewTime: now, acquireTime: now };
  await world.cluster.patch({ ...lease, namespace: world.namespace }, { spec });
}

/** Nobody waits for the end of a Lease whose holder was killed; without an election there is none. */
export async function freeLease(world: World): Promise<void> {
  if (((await leadership(world)).holderIdentity ?? '') !== '') await setLeaseHolder(world, '');
}

/** Rejects when the operator ends, with how it did and its last lines; never resolves. Whoever races may come late. */
export function failsAtEnd(operator: Pick<OperatorProcess, 'ended' | 'logs'>): Promise<never> {
  const failing = endOf(operator);
  failing.catch(() => undefined);
  return failing;
}

async function endOf({ ended, logs }: Pick<OperatorProcess, 'ended' | 'logs'>): Promise<never> {
  const end = await ended;
  const tail = (await logs()).trimEnd().split('\n').slice(-4).join('\n');
  throw new Error(`The operator ended (${JSON.stringify(end)}). Its log ends with:\n${tail.slice(-2_000)}`);
}
