// The reconcile of an issuer: when it is checked, what it tells the cluster, and who may issue meanwhile.
import { formatMoment } from '../../../../src/timing/moment.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesFailureClass } from '../../../../src/kubernetes/failure.ts';
import { issuingCA } from '../../../support/issuing.ts';
import { refused } from '../../authority/pca-double.ts';
import { describedWith } from './check-stage.ts';
import { checkSeconds, checkTimeoutSeconds, key, secretSeconds, Stage } from './controller-stage.ts';
import { hierarchy, issuerObject, read, secretData, unserved } from './objects.ts';

const regarding = {
  apiVersion: 'pca.alibabacloud.com/v1alpha1',
  kind: 'AlibabaPCAIssuer',
  name: 'pca',
  namespace: 'shop',
  uid: 'u1',
};
const readyGauge = 'pca_issuer_issuer_ready AlibabaPCAIssuer shop pca';
const endGauge = 'pca_issuer_ca_not_after_timestamp_seconds AlibabaPCAIssuer shop pca';
const end = issuingCA(hierarchy).notAfter.getTime() / 1_000;
/** The gauges of the conditions CredentialsValid, CAHealthy and QuotaAvailable. */
function conditionGauges(...values: readonly number[]): readonly (readonly [string, number | undefined])[] {
  return ['CredentialsValid', 'CAHealthy', 'QuotaAvailable'].map((type, index) => [
    `pca_issuer_issuer_condition AlibabaPCAIssuer shop pca ${type}`,
    values[index],
  ]);
}

/** The gauges of the check, and of the quota where it is told. */
function otherGauges(remaining?: number): readonly (readonly [string, number])[] {
  const of = 'AlibabaPCAIssuer shop pca';
  const checkedAt = Math.floor(stage.clock.now().getTime() / 1_000);
  return [
    [`pca_issuer_issuer_last_check_timestamp_seconds ${of}`, checkedAt],
    ...(remaining === undefined
      ? []
      : ([
          [`pca_issuer_certificates_remaining ${of}`, remaining],
          [`pca_issuer_certificates_used_last_week ${of}`, 0],
        ] as const)),
  ];
}

let stage: Stage;

/** Lets what is ready go on. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  stage = new Stage();
});

describe('the first check', () => {
  it('writes Ready before requests go out, and tells it everywhere', async () => {
    expect([await stage.reconcile(), stage.state]).toEqual([{ kind: 'after', ms: secretSeconds * 1_000 }, 'ready']);
    expect(stage.writes).toEqual([
      {
        path: '/apis/pca.alibabacloud.com/v1alpha1/namespaces/shop/alibabapcaissuers/pca',
        body: {
          apiVersion: 'pca.alibabacloud.com/v1alpha1',
          kind: 'AlibabaPCAIssuer',
          metadata: { resourceVersion: '1' },
          status: stage.issuer?.status,
        },
        fieldManager: 'test',
        state: 'unchecked',
      },
    ]);
    const note = 'The issuer was checked and is ready.';
    expect(stage.events).toEqual([{ regarding, type: 'Normal', reason: 'Checked', action: 'Check', note }]);
    expect([...stage.gauges]).toEqual([
      [readyGauge, 1],
      [endGauge, end],
      ...conditionGauges(1, 1, 1),
      ...otherGauges(40),
    ]);
    expect(stage.lines).toEqual(['info: The issuer is ready.']);
  });

  it('closes the issuer before it writes what is wrong, and tries again', async () => {
    stage.described = describedWith({ Status: 'REVOKE' });
    expect([await stage.reconcile(), stage.state]).toEqual([
      { kind: 'retry', reason: 'IssuingCANotActive' },
      'notReady',
    ]);
    expect([stage.written, stage.writes[0]?.state]).toEqual([['IssuingCANotActive'], 'notReady']);
    const note = stage.issuer?.status?.conditions[0]?.message;
    expect(stage.events).toEqual([{ regarding, type: 'Warning', reason: 'IssuingCANotActive', action: 'Check', note }]);
    expect([[...stage.gauges], stage.lines]).toEqual([
      [[readyGauge, 0], [endGauge, end], ...conditionGauges(1, 0, 1), ...otherGauges(40)],
      [`warn: ${note}`],
    ]);
  });

  it('says nothing of the end of a CA that PCA did not describe', async () => {
    stage.described = refused('Permission');
    await stage.reconcile();
    expect([...stage.gauges]).toEqual([[readyGauge, 0], ...conditionGauges(0).slice(0, 1), ...otherGauges()]);
  });

  it('of a cluster issuer names no namespace', async () => {
    stage.issuer = issuerObject(undefined, {});
    await stage.reconcile('AlibabaPCAClusterIssuer//pca');
    expect([stage.writes[0]?.path, stage.events[0]?.regarding]).toEqual([
      '/apis/pca.alibabacloud.com/v1alpha1/alibabapcaclusterissuers/pca',
      { apiVersion: regarding.apiVersion, kind: 'AlibabaPCAClusterIssuer', name: 'pca', uid: 'u1' },
    ]);
  });

  it('that was cut short says nothing', async () => {
    expect(await stage.reconcile(key, AbortSignal.abort())).toEqual({
      kind: 'retry',
      reason: 'the check was cut short',
    });
    expect([stage.state, stage.writes, stage.events]).toEqual(['unchecked', [], []]);
  });
});

describe('a ready issuer', () => {
  it('has only its Secret looked at until the next check is due', async () => {
    await stage.reconcile();
    for (let looks = 1; looks < checkSeconds / secretSeconds; looks += 1)
      expect(await stage.after(secretSeconds)).toEqual(['after', 'ready']);

    expect(stage.checks).toBe(1);
    await stage.after(secretSeconds);
    expect(stage.checks).toBe(2);
  });

  it('comes again just when the check is due', async () => {
    await stage.reconcile();
    stage.clock.advance((checkSeconds - 4) * 1_000);
    expect(await stage.reconcile()).toEqual({ kind: 'after', ms: 4_000 });
  });

  it.each([
    [0, 90],
    [0.5, 100],
    [0.999, 109.98],
  ])('is checked at intervals that are scattered (%f)', async (chance, seconds) => {
    stage = new Stage({ checkIntervalMs: 100_000, secretIntervalMs: 1_000_000 });
    stage.clock.random = () => chance;
    const result = await stage.reconcile();
    expect(result.kind === 'after' ? result.ms / 1_000 : result).toBeCloseTo(seconds, 6);
  });

  it.each<[string, () => void]>([
    ['its Secret was replaced', () => (stage.secret = read({ metadata: { resourceVersion: '8' }, data: secretData }))],
    ['its spec changed', () => (stage.issuer = issuerObject(undefined, { namespace: 'shop', generation: 2 }))],
    ['it was made anew', () => (stage.issuer = issuerObject(undefined, { namespace: 'shop', uid: 'u2' }))],
  ])('is checked at once when %s', async (_, change) => {
    await stage.reconcile();
    change();
    expect([await stage.after(1), stage.checks]).toEqual([['after', 'ready'], 2]);
  });

  it('is not checked because the wall clock jumped', async () => {
    await stage.reconcile();
    stage.clock.jump(24 * 3_600_000);
    await stage.reconcile();
    stage.clock.jump(-48 * 3_600_000);
    await stage.reconcile();
    expect(stage.checks).toBe(1);
  });

  it('writes new figures of its CA, which are no news', async () => {
    await stage.reconcile();
    stage.described = describedWith({ CertRemainingCount: 39 });
    await stage.after(checkSeconds);
    expect([stage.written, stage.issuer?.status?.ca?.certificatesRemaining, stage.events.length]).toEqual([
      ['Checked', 'Checked'],
      39,
      1,
    ]);
  });

  it('has nothing but the times of its check written where nothing changed, and nobody is told', async () => {
    await stage.reconcile();
    const told = [...stage.events, ...stage.lines];
    const { issuer } = stage;
    if (issuer?.status === undefined) throw new Error('There is no status.');
    const before = { ...issuer.status, operator: 'of/somebody' };
    stage.issuer = { ...issuer, status: before };
    const checkedAt = stage.clock.now();
    await stage.after(checkSeconds);
    const at = (seconds: number): string => formatMoment(new Date(checkedAt.getTime() + seconds * 1_000));
    expect([stage.checks, stage.writes.length, [...stage.events, ...stage.lines]]).toEqual([2, 2, told]);
    expect(stage.issuer.status).toEqual({
      ...before,
      lastCheckTime: at(checkSeconds),
      nextCheckTime: at(checkSeconds * 2.1),
    });
  });

  it('is not written for the times of its checks more often than every half minute', async () => {
    stage = new Stage({ checkIntervalMs: 1_000, secretIntervalMs: 500 });
    for (let round = 0; round < 120; round += 1) await stage.after(1);
    expect([stage.checks > 100, stage.writes.length]).toEqual([true, 2]);
  });
});

describe('the instances for CA certificates', () => {
  /** The account as it is kept where instances are promised. */
  function used(...instanceIds: readonly string[]): void {
    const { issuer } = stage;
    if (issuer === undefined) throw new Error('There is no issuer.');
    const instances = instanceIds.map((instanceId) => ({ instanceId, requestUID: 'u' }));
    const { status = { conditions: [] } } = issuer;
    stage.issuer = { ...issuer, status: { ...status, externalCA: { ...status.externalCA, instances } } };
  }
  const countGauge = 'pca_issuer_ca_instances_remaining AlibabaPCAIssuer shop pca';
  const few = () =>
    stage.events.map(({ type, reason }) => `${type} ${reason}`).filter((event) => event !== 'Normal Checked');
  const state = () => [
    stage.issuer?.status?.externalCA?.instancesRemaining,
    stage.gauges.get(countGauge),
    few(),
    stage.checks,
  ];

  beforeEach(() => {
    stage.issuer = issuerObject({ externalCA: { instanceIds: ['i-1', 'i-2', 'i-3'] } });
  });

  it('are counted when one is used, without a check, and the last ones are told once each', async () => {
    const states = [];
    for (const instanceIds of [[], ['i-1'], ['i-1', 'i-2'], ['i-1', 'i-2'], ['i-1', 'i-2', 'i-3']]) {
      used(...instanceIds);
      await stage.reconcile();
      states.push(state());
    }
    expect(states).toEqual([
      [3, 3, [], 1],
      [2, 2, [], 1],
      [1, 1, ['Warning LastInstance'], 1],
      [1, 1, ['Warning LastInstance'], 1],
      [0, 0, ['Warning LastInstance', 'Warning NoInstanceLeft'], 1],
    ]);
    const writes = stage.writes.length;
    await stage.reconcile();
    expect(stage.writes.length).toBe(writes);
  });

  it('are told under a CRD that has no field for their number, once', async () => {
    stage.issuer = issuerObject({ externalCA: { instanceIds: ['i-1'] } });
    stage.undeclared = ['externalCA'];
    await stage.reconcile();
    await stage.reconcile();
    expect([stage.state, ...state()]).toEqual(['ready', undefined, 1, ['Warning LastInstance'], 1]);
  });

  it('have no number where the issuer has none', async () => {
    await stage.reconcile();
    stage.issuer = {
      ...issuerObject(undefined, { generation: 2 }),
      ...(stage.issuer?.status && { status: stage.issuer.status }),
    };
    await stage.reconcile();
    expect([stage.issuer.status?.externalCA, stage.gauges.has(countGauge)]).toEqual([undefined, false]);
  });
});

describe('a write that fails', () => {
  const reason = "writing the issuer's status: the API server says no";

  it('leaves the issuer ready, tells no event, and is made again', async () => {
    stage.writeAnswer = unserved('Transient');
    expect([await stage.reconcile(), stage.state]).toEqual([{ kind: 'retry', reason }, 'ready']);
    expect([stage.lines, stage.events, stage.gauges.get(readyGauge)]).toEqual([[`warn: ${reason}`], [], 1]);
    stage.writeAnswer = read(undefined);
    expect([await stage.after(1), stage.written]).toEqual([
      ['after', 'ready'],
      ['Checked', 'Checked'],
    ]);
  });

  it.each<[KubernetesFailureClass]>([['Conflict'], ['NotFound']])(
    'by %s opens nothing, since the issuer is another by now, and says nothing',
    async (name) => {
      stage.writeAnswer = unserved(name);
      expect([await stage.reconcile(), stage.state]).toEqual([{ kind: 'retry', reason }, 'unchecked']);
      expect([stage.lines, stage.events, stage.gauges.get(readyGauge)]).toEqual([[], [], undefined]);
      stage.writeAnswer = read(undefined);
      stage.issuer = issuerObject(undefined, { namespace: 'shop', generation: 2 });
      expect([await stage.after(1), stage.checks]).toEqual([['after', 'ready'], 2]);
    },
  );

  it('by Conflict closes an issuer that is not ready all the same', async () => {
    stage.writeAnswer = unserved('Conflict');
    stage.described = describedWith({ Status: 'REVOKE' });
    expect([await stage.reconcile(), stage.state]).toEqual([{ kind: 'retry', reason }, 'notReady']);
  });
});

describe('a check', () => {
  it('that has no answer is given up after its own time, and says so', async () => {
    stage.described = async (_, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(refused('Cancelled'))));
    const reconciled = stage.reconcile();
    await turn();
    stage.clock.advance(checkTimeoutSeconds * 1_000);
    expect([await reconciled, stage.state, stage.standing]).toEqual([
      { kind: 'retry', reason: 'PCAUnavailable' },
      'notReady',
      'silent',
    ]);
    expect(stage.issuer?.status?.conditions[0]?.message).toBe(
      'PCA (or STS, for a role) gave no answer about CA "ca" within 10 s. The issuer is checked again automatically; if this lasts, check spec.region, spec.endpoint and the network.',
    );
  });

  it.each<[string, Stage['described'], string]>([
    ['found nothing wrong', describedWith(), 'answers'],
    ['was refused', refused('Permission'), 'answers'],
    ['had no answer', refused('OutcomeUnknown'), 'silent'],
  ])('that %s tells of the way to PCA', async (_, described, standing) => {
    const before = stage.standing;
    stage.described = described;
    await stage.reconcile();
    const after = stage.standing;
    stage.issuer = undefined;
    await stage.reconcile();
    expect([before, after, stage.standing]).toEqual(['unknown', standing, 'unknown']);
  });
});

describe('an issuer that is gone', () => {
  it.each<[string, () => void]>([
    ['is not there', () => (stage.issuer = undefined)],
    ['is being deleted', () => (stage.issuer = issuerObject(undefined, { deletionTimestamp: '2026-11-22T00:00:00Z' }))],
  ])('is forgotten with its figures when it %s', async (_, leave) => {
    await stage.reconcile();
    leave();
    expect([await stage.reconcile(), stage.readyIssuers.last(key), [...stage.gauges]]).toEqual([
      { kind: 'done' },
      undefined,
      [],
    ]);
  });

  it('is checked at once when it comes back', async () => {
    await stage.reconcile();
    const { issuer } = stage;
    stage.issuer = undefined;
    await stage.reconcile();
    stage.issuer = issuer;
    expect([await stage.after(0), stage.checks]).toEqual([['after', 'ready'], 2]);
  });
});

it('does nothing for a key that names no issuer', async () => {
  expect([await stage.reconcile('Other/shop/pca'), stage.checks]).toEqual([{ kind: 'done' }, 0]);
});
