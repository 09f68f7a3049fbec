// What becomes of a ready issuer whose check meets trouble: what may pass is looked at again before anybody is told.
import { beforeEach, expect, it } from 'vitest';
import type { PcaOutcome } from '../../../src/alibaba/pca-client.ts';
import { type IssuerDependencies, issuerReconciler } from '../../../src/controllers/issuer-controller.ts';
import { issuerKey } from '../../../src/crds/issuer-ref.ts';
import { IssuerSessions } from '../../../src/controllers/issuer-sessions.ts';
import { admit } from '../../../src/crds/admission.ts';
import { issuerSpecSchema } from '../../../src/crds/issuer-schema/spec.ts';
import { issuerKind, type Issuer } from '../../../src/crds/issuer.ts';
import type { KubernetesResult } from '../../../src/kubernetes/failure.ts';
import { podIdentity } from '../../../src/runtime/pod-identity.ts';
import { describedCA, makeHierarchy } from '../../support/certificates.ts';

const kind = issuerKind('AlibabaPCAIssuer')!;
const key = issuerKey({ kind, namespace: 'shop', name: 'pca' });
const ca = describedCA(await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z')), {});
// The members that matter here; a real result has more.
function reading(result: object): KubernetesResult<unknown> {
  return result as KubernetesResult<unknown>;
}

const never = new AbortController().signal;
const checkSeconds = 300;
const secretSeconds = 15;

const data = { accessKeyId: 'TFRBSQ==', accessKeySecret: 'c2VjcmV0' };
const secret = reading({ kind: 'ok', body: { metadata: { resourceVersion: '7' }, data } });
const refused = (status: number, failureClass: string): KubernetesResult<unknown> =>
  reading({ kind: 'failed', failure: { class: failureClass, status, message: 'no' } });
const forbidden = refused(403, 'Forbidden');
const unreachable: PcaOutcome = {
  kind: 'failed',
  failure: {
    class: 'Transient',
    code: 'ServiceUnavailable',
    httpStatus: 503,
    requestId: 'r',
    message: 'PCA is away.',
    accessDenied: undefined,
    mayHaveIssued: false,
  },
};

let seconds: number;
let secretReading: KubernetesResult<unknown>;
let answer: PcaOutcome;
/** Reasons of Ready that were written. */
let written: string[];
let sessions: IssuerSessions;
let issuer: Issuer;
let reconcile: ReturnType<typeof issuerReconciler>;

beforeEach(() => {
  seconds = 0;
  secretReading = secret;
  answer = { kind: 'ok', body: ca, requestId: 'r' };
  written = [];
  sessions = new IssuerSessions({ now: () => seconds * 1_000, random: () => 0.5 });
  const admitted = admit(
    issuerSpecSchema,
    { parentIdentifier: 'ca', credentials: { secretRef: { name: 'access-key' } } },
    'spec',
  );
  if (admitted.kind === 'rejected') throw new Error(admitted.faults.join(' '));
  const metadata = { name: 'pca', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 1 };
  issuer = { metadata: { ...metadata, creationTimestamp: '2026-11-22T00:00:00Z' }, spec: admitted.value };
  const kubernetes = {
    get: async () => secretReading,
    applyStatus: async (_path: string, { status }: { status: Issuer['status'] & object }) => {
      written.push(status.conditions?.find(({ type }) => type === 'Ready')?.reason ?? '');
      issuer = { ...issuer, status };
      return { kind: 'ok', body: {} };
    },
  } as unknown as IssuerDependencies['kubernetes'];
  const silent = { info: () => {}, warn: () => {} } as unknown as IssuerDependencies['logger'];
  reconcile = issuerReconciler({
    kubernetes,
    sessions,
    clusterResourceNamespace: 'issuers',
    podIdentity: podIdentity({}),
    issuersMayUsePodIdentity: false,
    accounts: { of: async () => '42' },
    roles: {} as IssuerDependencies['roles'],
    connect: () => ({ call: async () => answer }),
    lookups: { of: () => ({}) } as unknown as IssuerDependencies['lookups'],
    now: () => new Date(Date.parse('2026-11-22T00:00:00Z') + seconds * 1_000),
    issuer: () => issuer,
    events: { record: () => {} },
    metrics: { set: () => {}, remove: () => {} } as unknown as IssuerDependencies['metrics'],
    logger: silent,
    fieldManager: 'test',
    checkIntervalMilliseconds: checkSeconds * 1_000,
    secretIntervalMilliseconds: secretSeconds * 1_000,
    random: () => 0.5,
  });
});

/** Reconciles after so many seconds; answers what was decided and whether requests may go out. */
async function after(passed: number): Promise<readonly [decision: string, state: string]> {
  seconds += passed;
  const { kind: decision } = await reconcile(key, never);
  return [decision, sessions.state(key, { uid: 'u', generation: 1 }).kind];
}

it.each([
  ['its Secret may not be read', () => (secretReading = forbidden), 'SecretForbidden'],
  ['its Secret cannot be read', () => (secretReading = refused(500, 'ServerError')), 'SecretUnreadable'],
] as const)('stays ready for half a minute while %s, and then says so', async (_, break_, reason) => {
  expect(await after(0)).toEqual(['after', 'ready']);
  break_();
  expect([await after(secretSeconds), await after(29), written]).toEqual([
    ['retry', 'ready'],
    ['retry', 'ready'],
    ['Checked'],
  ]);
  expect([await after(1), written]).toEqual([
    ['retry', 'notReady'],
    ['Checked', reason],
  ]);
});

it('stays ready for half a minute while PCA is away, and then says so', async () => {
  await after(0);
  answer = unreachable;
  expect([await after(checkSeconds), await after(29), await after(1), written]).toEqual([
    ['retry', 'ready'],
    ['retry', 'ready'],
    ['retry', 'notReady'],
    ['Checked', 'PCAUnavailable'],
  ]);
});

it('counts anew when it was well in between', async () => {
  await after(0);
  secretReading = forbidden;
  expect([await after(secretSeconds), await after(29)]).toEqual([
    ['retry', 'ready'],
    ['retry', 'ready'],
  ]);
  secretReading = secret;
  expect(await after(1)).toEqual(['after', 'ready']);
  secretReading = forbidden;
  expect([await after(secretSeconds), await after(29), written]).toEqual([
    ['retry', 'ready'],
    ['retry', 'ready'],
    ['Checked'],
  ]);
});

it('is told at once where nothing passes by itself, or where it was not ready before', async () => {
  secretReading = forbidden;
  expect([await after(0), written]).toEqual([['retry', 'notReady'], ['SecretForbidden']]);
  secretReading = secret;
  expect(await after(1)).toEqual(['after', 'ready']);
  secretReading = refused(404, 'NotFound');
  expect([await after(secretSeconds), written]).toEqual([
    ['retry', 'notReady'],
    ['SecretForbidden', 'Checked', 'SecretNotFound'],
  ]);
});
