// Whatever throws at whatever point of a reconcile: what it had taken (its call, its turn to go first with the issuer, its place
// in the queue) goes to the next request, and no second call goes out where a certificate may exist.
import { describe, expect, test } from 'vitest';
import { owner } from '../issuers/objects.ts';
import type { Found, Issued, Wanted } from '../../../../src/authority/certificate-authority.ts';
import { issuingSteps } from '../../../../src/controllers/requests/signing/steps.ts';
import type { IssuePlan } from '../../../../src/issuing/plan.ts';
import { requestPath, uids, web, webCA } from '../characterization/material.ts';
import { occupy } from './decide/row.ts';
import { replyTo } from './replies.ts';
import { issuerName, outsideCalls, Rig } from './rig.ts';
import type { Situation } from './rig.ts';

const uid = (name: string): string => uids[name] ?? '';
const pcaCalls = ['authority.issue', 'authority.issue, which has made the certificate', 'authority.find'] as const;
/** Every point at which something may throw; those of issuing come from the product itself. */
const points: readonly string[] = [...issuingSteps, ...outsideCalls, ...pcaCalls];

type OnReach = (point: string) => void | Promise<void>;

/** PCA as it truly is: it keeps what it made, also where nobody got to see it. */
class TruePca {
  /** UIDs of the requests for which it issued. */
  readonly made: string[] = [];
  readonly #instances = new Map<string, string>();
  readonly #onReach: OnReach;

  constructor(onReach: OnReach) {
    this.#onReach = onReach;
  }

  readonly issue = async (plan: IssuePlan): Promise<Issued> => {
    await this.#onReach('authority.issue');
    this.made.push(plan.request.uid);
    this.#instances.set(plan.call.parameters['InstanceId'] ?? '', plan.request.uid);
    await this.#onReach('authority.issue, which has made the certificate');
    return { kind: 'ok', reply: await replyTo(plan), requestId: 'R1' };
  };

  readonly find = async ({ plan, trace }: Wanted): Promise<Found> => {
    await this.#onReach('authority.find');
    const { uid: own } = plan.request;
    const user = trace.kind === 'instance' ? this.#instances.get(trace.instanceId) : undefined;
    if (user !== undefined && user !== own) return { kind: 'taken' };
    const isMade = trace.kind === 'instance' ? user !== undefined : this.made.includes(own);
    return isMade ? { kind: 'found', reply: await replyTo(plan) } : { kind: 'absent' };
  };
}

const { spec: caSpec } = webCA() as { readonly spec?: object };
/** Of a Certificate of its own, as a further one of the same would wait for a while. */
const metadata = {
  ownerReferences: [{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'other', uid: 'o' }],
};
const scenes: Readonly<Record<string, Situation>> = {
  'a certificate of which an earlier process may have made one': {
    requests: [web(), web({ metadata }, 'web-2')],
    spec: { validity: { maxDuration: '24h', onExceed: 'Clamp' } },
    certificate: { spec: { renewBefore: '8h' } },
  },
  'the certificate of a CA': {
    requests: [webCA(), web({ metadata, ...(caSpec === undefined ? {} : { spec: caSpec }) }, 'web-2')],
    spec: { externalCA: { instanceIds: ['i-1', 'i-2'] } },
  },
};

/** One call at a time, and one request first, since the issuer had a fault. */
function start(scene: string, onReach: OnReach): { readonly rig: Rig; readonly pca: TruePca } {
  const pca = new TruePca(onReach);
  const often = <T>(answer: T): readonly T[] => Array.from({ length: 9 }, () => answer);
  const rig = new Rig({
    ...scenes[scene],
    mostInFlight: 1,
    pca: { issue: often(pca.issue), find: often(pca.find) },
    onReach,
  });
  rig.memories.of(uid('web-1')).inherited(rig.clock.monotonic() - 60_000);
  rig.recoverFromFault();
  return { rig, pca };
}

/** Throws when the point is reached for the first time, after `before`. */
function throwOnce(at: string, before: () => Promise<unknown> = async () => undefined): OnReach {
  let isThrown = false;
  return async (point) => {
    if (point !== at || isThrown) return;
    isThrown = true;
    await before();
    throw new Error(`Stopped at ${at}.`);
  };
}

/** Reason of Ready of a request, as the API server has it. */
function readyOf(rig: Rig, name: string): string | undefined {
  const status = rig.cluster.objects.get(requestPath(name))?.status as Status | undefined;
  return status?.conditions.find(({ type }) => type === 'Ready')?.reason;
}
interface Status {
  readonly conditions: readonly { readonly type: string; readonly reason: string }[];
}

async function reachedIn(scene: string): Promise<readonly string[]> {
  const reached: string[] = [];
  const { rig } = start(scene, (point) => void reached.push(point));
  // What fails here is seen by the test that asks for every point.
  await Promise.allSettled([rig.reconcile()]);
  return points.filter((point) => reached.includes(point));
}

const rows = await Promise.all(
  Object.keys(scenes).map(async (scene) => (await reachedIn(scene)).map((point) => [point, scene] as const)),
);

test('every point is reached in one of the scenes', () => {
  const reached = new Set(rows.flat().map(([point]) => point));
  expect(points.filter((point) => !reached.has(point))).toEqual([]);
});

describe('a reconcile that throws', () => {
  test.each(rows.flat())('at %s of %s gives back what it had taken', async (point, scene) => {
    const { rig, pca } = start(scene, throwOnce(point));
    await expect(rig.reconcile()).rejects.toThrow(`Stopped at ${point}.`);
    const busy = rig.memories.get(uid('web-1'))?.busy ?? false;
    // The limit lets a call out by then, and who went first in vain has let the others go before it.
    rig.clock.advance(3_000);
    await rig.reconcile('web-2');
    const [waitsNow, second] = [rig.callQueue.readings.map(({ waiting }) => waiting), readyOf(rig, 'web-2')];
    rig.clock.advance(1_000);
    await rig.reconcile();
    expect({ busy, second, first: readyOf(rig, 'web-1'), made: pca.made.toSorted() }).toEqual({
      busy: false,
      second: 'Issued',
      first: 'Issued',
      made: [uid('web-1'), uid('web-2')],
    });
    expect(waitsNow.every((waiting) => waiting === 0)).toBe(true);
    rig.clock.advance(1_000);
    using call = await occupy(rig);
    expect(call).toBeDefined();
  });

  test.each(['CallPermitted', 'authority.issue', 'authority.issue, which has made the certificate'])(
    'at %s wakes the request that waits for its turn',
    async (point) => {
      const scene = Object.keys(scenes)[0] ?? '';
      const other = { reconcile: async (): Promise<unknown> => undefined };
      const { rig, pca } = start(
        scene,
        throwOnce(point, async () => other.reconcile()),
      );
      // Nobody goes first any more, so that the other one comes as far as the queue.
      const ready = rig.readyIssuers.last(issuerName);
      if (ready !== undefined) rig.readyIssuers.enter(issuerName, ready, owner)?.issued();
      other.reconcile = async () => rig.reconcile('web-2');
      await expect(rig.reconcile()).rejects.toThrow(`Stopped at ${point}.`);
      const woken = [...rig.woken];
      await rig.reconcile('web-2');
      await rig.reconcile();
      expect([woken, readyOf(rig, 'web-2'), readyOf(rig, 'web-1'), pca.made.toSorted()]).toEqual([
        ['web-2'],
        'Issued',
        'Issued',
        [uid('web-1'), uid('web-2')],
      ]);
    },
  );

  test('while it is asked for its priority has no place in the queue', async () => {
    const pca = new TruePca(() => {});
    const rig = new Rig({
      requests: [web({ metadata: { annotations: { 'cert-manager.io/certificate-revision': '2' } } }), web({}, 'web-2')],
      mostInFlight: 1,
      pca: { issue: [pca.issue] },
      onReach: throwOnce('owningCertificate'),
    });
    {
      using _call = await occupy(rig);
      await expect(rig.reconcile()).rejects.toThrow('Stopped at owningCertificate.');
      expect(rig.callQueue.readings.map(({ waiting }) => waiting)).toEqual([0]);
    }
    await rig.reconcile('web-2');
    expect([readyOf(rig, 'web-2'), rig.woken, pca.made]).toEqual(['Issued', [], [uid('web-2')]]);
  });
});

test('a request that does something else than wait gives its place in the queue back', async () => {
  const pca = new TruePca(() => {});
  const rig = new Rig({ requests: [web(), web({ metadata }, 'web-2')], mostInFlight: 1, pca: { issue: [pca.issue] } });
  {
    using _call = await occupy(rig);
    await rig.reconcile();
    const waits = rig.callQueue.readings.map(({ waiting }) => waiting);
    rig.readyIssuers.close(issuerName, { reason: 'CredentialsInvalid', message: 'No.' });
    await rig.reconcile();
    expect([waits, rig.callQueue.readings.map(({ waiting }) => waiting)]).toEqual([[1], [0]]);
  }
  expect(rig.woken).toEqual([]);
});
