// Which bought instance a CA certificate gets: the account in the issuer's status is kept honestly, whatever others do to it.
import { expect, test } from 'vitest';
import type { Found } from '../../../../../src/authority/certificate-authority.ts';
import { CAInstances } from '../../../../../src/controllers/requests/signing/ca-instances.ts';
import type {
  InstanceUse,
  Precedence,
  TakenInstance,
} from '../../../../../src/controllers/requests/signing/ca-instances.ts';
import { RequestMemory } from '../../../../../src/controllers/requests/memory.ts';
import type { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import type { KubernetesFailure } from '../../../../../src/kubernetes/failure.ts';
import { Journal } from '../journal.ts';
import { issuerName, Rig } from '../rig.ts';
import { failure, identity, request, uid } from '../samples.ts';

interface Entry {
  readonly instanceId: string;
  readonly requestUID: string;
  readonly request?: string;
}

interface Scene {
  /** spec.externalCA.instanceIds; two when not given. */
  readonly configured?: readonly string[];
  readonly entries?: readonly Entry[];
  /** What becomes of the writes, in order; then they work. */
  readonly writes?: readonly (KubernetesFailure['class'] | 'ok')[];
  readonly reads?: readonly (KubernetesFailure['class'] | 'ok')[];
  /** What PCA says about each instance; absent where it is not named. */
  readonly looks?: Readonly<Record<string, Found>>;
  readonly withoutExternalCA?: true;
  readonly precedence?: Precedence;
  /** How often the request comes for one; once when not given. */
  readonly times?: number;
}

/** Keys of requests that still wait. */
const open = new Set(['shop/web-9 uid-9']);
const issuerPath = '/apis/pca.alibabacloud.com/v1alpha1/namespaces/shop/alibabapcaissuers/pca';
const other: Entry = { instanceId: 'i-1', requestUID: 'uid-9', request: 'shop/web-9' };
const own = (instanceId: string): Entry => ({ instanceId, requestUID: uid, request: 'shop/web-1' });

/** Takes an instance; tells what was taken, what the issuer's status was written to be, and which instances were asked about. */
async function take({ configured = ['i-1', 'i-2'], entries = [], writes = [], reads = [], ...scene }: Scene) {
  let present = entries;
  let version = 1;
  const [seen, asked, read] = [[] as unknown[], [] as string[], [...reads]];
  const answers = [...writes];
  const client = {
    get: async (path: string) => {
      const answer = read.shift() ?? 'ok';
      if (answer !== 'ok') return failure(answer);
      const status = { externalCA: { instances: present } };
      return { kind: 'ok', body: { path, metadata: { resourceVersion: String(version), uid: 'issuer-uid' }, status } };
    },
    applyStatus: async (path: string, body: Body, options: { readonly fieldManager: string }) => {
      const answer = answers.shift() ?? 'ok';
      seen.push({ path, by: options.fieldManager, on: body.metadata.resourceVersion, ...body.status.externalCA });
      version += 1;
      if (answer !== 'ok') return failure(answer);
      present = body.status.externalCA.instances;
      return { kind: 'ok' };
    },
  } as unknown as KubernetesClient;
  const uses: InstanceUse[] = [];
  const instances = new CAInstances(
    client,
    'manager',
    (key, owner) => open.has(`${key} ${owner}`),
    (use) => uses.push(use),
  );
  const spec = scene.withoutExternalCA === true ? {} : { externalCA: { instanceIds: configured } };
  const issuer = new Rig({ spec }).readyIssuers.last(issuerName);
  if (issuer === undefined) throw new Error('The issuer is not ready.');
  const task = {
    request: request(new Journal()),
    memory: new RequestMemory(uid),
    identity,
    issuer,
    signal: new AbortController().signal,
  };
  const look = async (instanceId: string): Promise<Found> => {
    asked.push(instanceId);
    return scene.looks?.[instanceId] ?? { kind: 'absent' };
  };
  let taken = await instances.take(task, look, scene.precedence);
  for (let times = 1; times < (scene.times ?? 1); times += 1)
    taken = await instances.take(task, look, scene.precedence);
  return { taken, written: seen, asked, uses };
}
interface Body {
  readonly metadata: { readonly resourceVersion: string };
  readonly status: { readonly externalCA: { readonly instances: readonly Entry[] } };
}

const free = (instanceId: string, left = 0): TakenInstance => ({ kind: 'free', instanceId, left });
const wrote = (on: number, ...instances: readonly Entry[]) => ({
  path: issuerPath,
  by: 'manager',
  on: String(on),
  instances,
});
const exhausted = (count: number): TakenInstance => ({
  kind: 'exhausted',
  message: `All instances in spec.externalCA.instanceIds of the issuer (${count}) are used or promised to other requests (its status names them). Buy a further instance of an external subordinate CA and add its ID.`,
});
const tooFast: TakenInstance = {
  kind: 'unsettled',
  message: "The issuer's status changes too fast to take an instance.",
};
const used = (instanceId: string): Entry => ({ instanceId, requestUID: '' });
const pending: Found = { kind: 'pending', message: 'Not yet.' };
const revoked: Found = { kind: 'revoked', identifier: 'ca-1' };
const unsettled: Found = { kind: 'unsettled', message: 'Who knows.' };
const gone: Entry = { instanceId: 'i-1', requestUID: 'uid-7', request: 'shop/web-7' };

test.each<[string, Scene, TakenInstance, readonly unknown[], readonly string[]]>([
  ['a promise to the request is kept', { entries: [other, own('i-2')] }, free('i-2'), [], ['i-2']],
  ['a free instance is promised before it is used', {}, free('i-1', 1), [wrote(1, own('i-1'))], ['i-1']],
  [
    'one that is promised to another request is left to it',
    { entries: [other] },
    free('i-2'),
    [wrote(1, other, own('i-2'))],
    ['i-2'],
  ],
  [
    'after a conflict the account is read again',
    { writes: ['Conflict'] },
    free('i-1', 1),
    [wrote(1, own('i-1')), wrote(2, own('i-1'))],
    ['i-1'],
  ],
  [
    'one that was used for something else is marked so, and the next one taken',
    { looks: { 'i-1': { kind: 'taken' } } },
    free('i-2'),
    [wrote(1, own('i-1')), wrote(2, used('i-1')), wrote(3, used('i-1'), own('i-2'))],
    ['i-1', 'i-2'],
  ],
  [
    'one that cannot be marked is met again',
    { configured: ['i-1'], looks: { 'i-1': { kind: 'taken' } }, writes: ['ok', 'Transient', 'ok'] },
    exhausted(1),
    [wrote(1, own('i-1')), wrote(2, used('i-1')), wrote(3, used('i-1'))],
    ['i-1', 'i-1'],
  ],
  [
    'one that is promised to a request that is gone is promised anew',
    { configured: ['i-1'], entries: [gone] },
    free('i-1'),
    [wrote(1, own('i-1'))],
    ['i-1'],
  ],
  [
    'one that was used for a request that is gone stays its own, and is asked about once',
    { configured: ['i-1'], entries: [gone], looks: { 'i-1': { kind: 'taken' } }, times: 3 },
    exhausted(1),
    [],
    ['i-1'],
  ],
  [
    'the next one is taken instead, if nothing was made of it',
    {
      entries: [gone, { ...gone, instanceId: 'i-2', requestUID: 'uid-8' }],
      looks: { 'i-1': { kind: 'taken' } },
    },
    free('i-2'),
    [wrote(1, gone, own('i-2'))],
    ['i-1', 'i-2'],
  ],
  [
    'one whose certificate is not there yet is left alone, and asked about again',
    { configured: ['i-1'], entries: [gone], looks: { 'i-1': pending }, times: 2 },
    exhausted(1),
    [],
    ['i-1', 'i-1'],
  ],
  [
    'one that a request that is gone used for the same key is taken with its certificate',
    { configured: ['i-1'], entries: [gone], looks: { 'i-1': revoked } },
    revoked,
    [wrote(1, own('i-1'))],
    ['i-1'],
  ],
  [
    'nobody gets one of a request that is gone while PCA does not say what became of it',
    { configured: ['i-1'], entries: [gone], looks: { 'i-1': unsettled } },
    unsettled,
    [],
    ['i-1'],
  ],
  [
    'one whose promise names no request is promised anew',
    { configured: ['i-1'], entries: [{ instanceId: 'i-1', requestUID: 'uid-9' }] },
    free('i-1'),
    [wrote(1, own('i-1'))],
    ['i-1'],
  ],
  [
    'a certificate that an earlier call made of it is found',
    { entries: [own('i-1')], looks: { 'i-1': pending } },
    pending,
    [],
    ['i-1'],
  ],
  ['there is none when all are used or promised', { entries: [other, used('i-2')] }, exhausted(2), [], []],
  ['there is none when the issuer names none', { withoutExternalCA: true }, exhausted(0), [], []],
  [
    'one that the issuer does not name any more is forgotten',
    { configured: ['i-2'], entries: [{ instanceId: 'i-0', requestUID: uid }] },
    free('i-2'),
    [wrote(1, own('i-2'))],
    ['i-2'],
  ],
  [
    'nothing is taken while the issuer cannot be read',
    { reads: ['Forbidden'] },
    { kind: 'unsettled', message: 'The issuer could not be read: Forbidden.' },
    [],
    [],
  ],
  [
    'nothing is taken when the promise cannot be written',
    { writes: ['Invalid'] },
    { kind: 'unsettled', message: "The issuer's status could not be written: Invalid." },
    [wrote(1, own('i-1'))],
    [],
  ],
  [
    'the mark is left out while the issuer cannot be read',
    { configured: ['i-1'], looks: { 'i-1': { kind: 'taken' } }, reads: ['ok', 'Transient', 'Transient'] },
    { kind: 'unsettled', message: 'The issuer could not be read: Transient.' },
    [wrote(1, own('i-1'))],
    ['i-1'],
  ],
])('%s', async (_, scene, taken, written, asked) => {
  expect(await take(scene)).toMatchObject({ taken, written, asked });
});

const [late, later] = ['uid-9', 'uid-10'];
const behind = (...newer: readonly string[]): Scene => ({ precedence: { newer, isSuperseded: false } });
const superseded: TakenInstance = { kind: 'superseded' };

test.each<[string, Scene, TakenInstance, readonly unknown[]]>([
  ['the last one is left to a newer request', { configured: ['i-1'], ...behind(late) }, superseded, []],
  ['two are left to two newer ones', behind(late, later), superseded, []],
  ['the second is taken where one newer request waits', behind(late), free('i-1', 1), [wrote(1, own('i-1'))]],
  [
    'a newer one that has its own needs no other',
    { entries: [other], ...behind(late) },
    free('i-2'),
    [wrote(1, other, own('i-2'))],
  ],
  [
    'none is left, and a newer request has the last',
    { configured: ['i-1'], entries: [other], ...behind(late) },
    superseded,
    [],
  ],
  ['a promise is kept whoever is newer', { entries: [own('i-1')], ...behind(late, later) }, free('i-1', 1), []],
  [
    'so is one of an instance that the issuer names no longer',
    { configured: ['i-2'], entries: [own('i-1')], ...behind(late) },
    free('i-2'),
    [wrote(1, own('i-2'))],
  ],
  [
    'one that a newer request went before takes none, though some are left',
    { precedence: { newer: [], isSuperseded: true } },
    superseded,
    [],
  ],
  [
    'one that went before keeps its promise all the same',
    { entries: [own('i-1')], precedence: { newer: [], isSuperseded: true } },
    free('i-1', 1),
    [],
  ],
])('among tries for one CA %s', async (_, scene, taken, written) => {
  expect(await take(scene)).toMatchObject({ taken, written });
});

test('each use is told once, with what is left', async () => {
  const use = { issuer: identity, issuerUid: 'issuer-uid', request: 'shop/web-1', of: 2 };
  expect((await take({})).uses).toEqual([{ ...use, instanceId: 'i-1', left: 1 }]);
  expect((await take({ writes: ['Conflict'] })).uses).toEqual([{ ...use, instanceId: 'i-1', left: 1 }]);
  expect((await take({ entries: [own('i-2')] })).uses).toEqual([]);
  expect((await take({ looks: { 'i-1': { kind: 'taken' } } })).uses).toEqual([{ ...use, instanceId: 'i-2', left: 0 }]);
  expect((await take({ looks: { 'i-1': pending }, times: 2 })).uses).toEqual([{ ...use, instanceId: 'i-1', left: 1 }]);
  const taken = { configured: ['i-1'], entries: [gone], looks: { 'i-1': { kind: 'taken' } } } as const;
  expect((await take(taken)).uses).toEqual([]);
});

test('an account that changes all the time is left for later', async () => {
  const { taken, written, asked } = await take({ writes: Array.from({ length: 20 }, () => 'Conflict' as const) });
  expect([taken, written.length, asked]).toEqual([tooFast, 8, []]);
});
