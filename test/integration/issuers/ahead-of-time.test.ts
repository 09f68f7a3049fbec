// What an issuer's status tells ahead of time, on the real API server: each warning, what a restart keeps, and what a dead
// operator leaves behind.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorityChanges } from '../../../simulator/simulator.ts';
import type { AuthoritySeed } from '../../../simulator/issuing/authority.ts';
import type { IssuerStatus } from '../../../src/crds/issuer.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { buildMs, healthOf } from '../../support/health.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { minutesPass, preload } from '../faults/clock-preload.ts';
import { Scene } from '../faults/scene.ts';

const accountId = '1234567890123456';
const roleArn = `acs:ram::${accountId}:role/pca-issuer`;
const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/alibabapcaissuers.pca.alibabacloud.com';
const dayMs = 86_400_000;

// One CA for each story, since what a story does to it lasts.
const seeds: readonly AuthoritySeed[] = [
  { identifier: 'root', algorithm: 'ECC_256', kind: 'ROOT' },
  ...[
    'healthy',
    'soon',
    'very-soon',
    'forbidden',
    'revoked',
    'expired',
    'low',
    'renewing',
    'ending',
    'ended',
    'used',
    'dead',
    'older',
  ].map((identifier): AuthoritySeed => ({ identifier, algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'root' })),
];

let world: World;
let scene: Scene;

beforeAll(async () => {
  world = await World.start({
    operator: false,
    simulator: { authorities: seeds },
    flags: [
      '--retry-base-delay=50ms',
      '--retry-max-delay=1s',
      '--secret-check-interval=1s',
      '--issuer-check-interval=1s',
      '--leader-elect=false',
    ],
  });
  world.simulator.setRole({ arn: roleArn, trustedAccessKeyIds: [world.simulator.accessKey.accessKeyId] });
  await world.startOperator([], preload());
  scene = await Scene.set(world, 'ahead', { spec: { parentIdentifier: 'healthy' } });
  await healthOf([]);
}, buildMs);
afterAll(async () => world.stop());

const reference = (name: string): ObjectReference => ({
  apiVersion: issuerApiVersion,
  kind: 'AlibabaPCAIssuer',
  namespace: scene.namespace,
  name,
});

const short = (object: Manifest): readonly string[] =>
  conditionsOf(object).map(({ type, status, reason = '' }) => `${type} ${status} ${reason}`);

async function issuerOf(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const stsEndpoint = { host: world.simulator.endpoint, protocol: 'HTTP' };
  await world.cluster.apply(world.issuer(scene.namespace, name, { parentIdentifier: name, stsEndpoint, ...spec }));
}

/** The issuer once its conditions are these. */
async function told(name: string, conditions: readonly string[]): Promise<Manifest> {
  return until(`the conditions of ${name}`, async () => {
    const object = await world.cluster.get(reference(name));
    if (object === undefined || JSON.stringify(short(object)) !== JSON.stringify(conditions))
      throw new NotYet(object?.['status']);
    return object;
  });
}

const statusOf = (object: Manifest): IssuerStatus => object['status'] as IssuerStatus;

async function eventsOf(name: string): Promise<readonly string[]> {
  const events = await world.cluster.list({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    namespace: scene.namespace,
  });
  return events
    .filter((event) => (event['regarding'] as { readonly name?: string }).name === name)
    .map((event) => `${String(event['type'])} ${String(event['reason'])}`)
    .toSorted();
}

/** Series of an issuer's metrics of these names, without the labels that name it. */
async function series(name: string, ...metrics: readonly string[]): Promise<readonly string[]> {
  const lines = (await world.operator.metrics()).split('\n');
  return lines
    .filter((line) => metrics.some((each) => line.startsWith(`${each}{`)) && line.includes(`issuer="${name}"`))
    .map((line) => line.replace(/issuer_kind="[^"]*",issuer_namespace="[^"]*",issuer="[^"]*",?/, ''))
    .toSorted();
}

/** How often issuers were checked. */
const checks = (): number => world.simulator.calls().filter(({ action }) => action === 'DescribeCACertificate').length;

const ready = 'Ready True Checked';
const accepted = 'CredentialsValid True Accepted';
const healthy = 'CAHealthy True Healthy';
const available = 'QuotaAvailable True Available';
const seen = ['pca_issuer_issuer_condition', 'pca_issuer_issuer_warning'];
const conditionSeries = (credentials: number, ca: number, quota: number): readonly string[] => [
  `pca_issuer_issuer_condition{type="CAHealthy"} ${ca}`,
  `pca_issuer_issuer_condition{type="CredentialsValid"} ${credentials}`,
  `pca_issuer_issuer_condition{type="QuotaAvailable"} ${quota}`,
];

describe('an issuer with nothing to tell', () => {
  let object: Manifest;
  beforeAll(async () => {
    await issuerOf('healthy');
    object = await told('healthy', [ready, accepted, healthy, available]);
  });

  it('says whose credentials it uses, which chain it has, what remains, and when it is checked', () => {
    const { conditions: _conditions, trust: _trust, ca, lastCheckTime, nextCheckTime, ...rest } = statusOf(object);
    const [, root] = ca?.chainFingerprints ?? [];
    const [first] = rest.quota?.samples ?? [];
    const { notAfter } = world.simulator.cas.find(({ identifier }) => identifier === 'healthy')!;
    expect({ ...rest, chain: ca?.chainFingerprints?.length, root }).toEqual({
      observedGeneration: 1,
      operator: 'alibaba-pca-issuer/alibaba-pca-issuer',
      identity: {
        accountId: expect.stringMatching(/^\d{16}$/) as string,
        arn: expect.stringMatching(/^acs:ram::\d{16}:user\/simulator$/) as string,
        type: 'RAMUser',
      },
      quota: {
        certificatesTotal: 1_000_000,
        subscriptionEndTime: `${notAfter.toISOString().slice(0, 19)}Z`,
        samples: [{ time: first?.time, certificatesRemaining: 1_000_000 }],
      },
      chain: 2,
      root: _trust?.certificates[0]?.sha256Fingerprint,
    });
    const [last, next] = [lastCheckTime, nextCheckTime].map((time) => Date.parse(time ?? ''));
    expect([Math.abs(Date.now() - last!) < 600_000, next! - last!]).toEqual([true, 66_000]);
  });

  it('shows EXPIRES and LEFT in kubectl get -o wide, and not without', async () => {
    const table = async (wide: boolean): Promise<readonly string[]> => {
      const get = ['get', 'alibabapcaissuer', 'healthy', '--namespace', scene.namespace];
      const text = await world.cluster.kubectl(wide ? [...get, '--output', 'wide'] : get);
      return text.split('\n');
    };
    const [heads = '', row = ''] = await table(true);
    const { ca } = statusOf(object);
    expect([/ EXPIRES +LEFT /.test(heads), row.includes(` ${ca?.notAfter ?? ''} `), row.includes(' 1000000 ')]).toEqual(
      [true, true, true],
    );
    const [narrow = ''] = await table(false);
    expect(narrow.trim().split(/ +/)).toEqual(['NAME', 'READY', 'REASON', 'OPERATION', 'CA', 'AGE']);
  });

  it('has metrics of it', async () => {
    const { notAfter } = world.simulator.cas.find(({ identifier }) => identifier === 'healthy')!;
    expect(await series('healthy', ...seen)).toEqual(conditionSeries(1, 1, 1));
    expect(
      await series(
        'healthy',
        'pca_issuer_certificates_remaining',
        'pca_issuer_certificates_used_last_week',
        'pca_issuer_subscription_end_timestamp_seconds',
      ),
    ).toEqual([
      'pca_issuer_certificates_remaining{} 1000000',
      'pca_issuer_certificates_used_last_week{} 0',
      `pca_issuer_subscription_end_timestamp_seconds{} ${Math.floor(notAfter.getTime() / 1_000)}`,
    ]);
    const [lastCheck = ''] = await series('healthy', 'pca_issuer_issuer_last_check_timestamp_seconds');
    expect(Math.abs(Number(lastCheck.split(' ').at(-1)) * 1_000 - Date.now())).toBeLessThan(600_000);
  });
});

describe('an issuer of a CA', () => {
  const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);
  it.each<[string, AuthorityChanges, readonly string[], readonly string[], readonly string[], readonly number[]]>([
    [
      'soon',
      { endsInDays: 59 },
      [ready, accepted, 'CAHealthy True CAEndsSoon', available],
      ['Normal Checked', 'Warning CAEndsSoon'],
      ['CAEndsSoon'],
      [1, 1, 1],
    ],
    [
      'very-soon',
      { endsInDays: 13 },
      [ready, accepted, 'CAHealthy True CAEndsVerySoon', 'QuotaAvailable True SubscriptionEndsSoon'],
      ['Normal Checked', 'Warning CAEndsVerySoon', 'Warning SubscriptionEndsSoon'],
      ['CAEndsVerySoon', 'SubscriptionEndsSoon'],
      [1, 1, 1],
    ],
    ['low', { quota: 5 }, [ready, accepted, healthy, available], ['Normal Checked'], [], [1, 1, 1]],
    [
      'ending',
      { subscriptionEnd: inDays(13) },
      [ready, accepted, healthy, 'QuotaAvailable True SubscriptionEndsSoon'],
      ['Normal Checked', 'Warning SubscriptionEndsSoon'],
      ['SubscriptionEndsSoon'],
      [1, 1, 1],
    ],
    [
      'ended',
      { subscriptionEnd: inDays(-1) },
      [ready, accepted, healthy, 'QuotaAvailable False SubscriptionEnded'],
      ['Normal Checked', 'Warning SubscriptionEnded'],
      [],
      [1, 1, 0],
    ],
    [
      'forbidden',
      { status: 'FORBIDDEN' },
      [
        'Ready False IssuingCANotActive',
        'Stalled True IssuingCANotActive',
        accepted,
        'CAHealthy False IssuingCANotActive',
        available,
      ],
      ['Warning IssuingCANotActive'],
      [],
      [1, 0, 1],
    ],
    [
      'revoked',
      { status: 'REVOKE' },
      [
        'Ready False IssuingCANotActive',
        'Stalled True IssuingCANotActive',
        accepted,
        'CAHealthy False IssuingCANotActive',
        available,
      ],
      ['Warning IssuingCANotActive'],
      [],
      [1, 0, 1],
    ],
    [
      'expired',
      { endsInDays: -1 },
      [
        'Ready False IssuingCAExpired',
        'Stalled True IssuingCAExpired',
        accepted,
        'CAHealthy False IssuingCAExpired',
        'QuotaAvailable False SubscriptionEnded',
      ],
      ['Warning IssuingCAExpired', 'Warning SubscriptionEnded'],
      [],
      [1, 0, 0],
    ],
  ])(
    'that is as in "%s" tells so in conditions, events and metrics',
    async (name, changes, conditions, events, warnings, values) => {
      world.simulator.setAuthority(name, changes);
      await issuerOf(name);
      const object = await told(name, conditions);
      await until('the events', async () => {
        const found = await eventsOf(name);
        return JSON.stringify(found) === JSON.stringify(events) || Promise.reject(new NotYet(found));
      });
      const [credentials = 0, ca = 0, quota = 0] = values;
      expect(await series(name, ...seen)).toEqual([
        ...conditionSeries(credentials, ca, quota),
        ...warnings.map((reason) => `pca_issuer_issuer_warning{reason="${reason}"} 1`),
      ]);
      expect(await healthOf([object])).toEqual([conditions[0] === ready ? 'Current Healthy' : 'Failed Degraded']);
    },
  );

  it('whose certificates are used up counts down, and warns at 20 % and of the rate, once each', async () => {
    await issuerOf('pca', { parentIdentifier: 'low' });
    for (const name of ['one', 'two', 'three', 'four']) {
      await scene.ask(name);
      await scene.issued(name);
    }
    const object = await until('the last certificate to be counted', async () => {
      const found = await told('low', [ready, accepted, healthy, 'QuotaAvailable True QuotaEndsSoon']);
      if (statusOf(found).ca?.certificatesRemaining !== 1) throw new NotYet(statusOf(found).ca);
      return found;
    });
    expect(statusOf(object).quota?.certificatesTotal).toBe(5);
    expect(conditionsOf(object).at(-1)?.message).toMatch(
      /^4 certificates were used in the last week\. At that rate the 1 of 5 that remain are used up about \d{4}-\d\d-\d\d\. .* Only 1 of 5 certificates remain\./,
    );
    // It is sent after the status is written.
    const warnings = async (): Promise<readonly string[]> =>
      (await eventsOf('low')).filter((event) => event.includes('QuotaEndsSoon'));
    await until('the event', async () => (await warnings()).length > 0);
    expect(await warnings()).toHaveLength(1);
  });
});

it('a restart keeps the warning of the rate, and tells nobody of it again', async () => {
  const conditions = [ready, accepted, healthy, 'QuotaAvailable True QuotaEndsSoon'];
  const before = statusOf(await told('low', conditions));
  const events = await eventsOf('low');
  await world.operator.kill();
  await world.startOperator([], preload());
  await until('a check after the start', async () => (await series('low', ...seen)).length > 3);
  const after = statusOf(await told('low', conditions));
  expect([after.quota?.samples, await eventsOf('low')]).toEqual([before.quota?.samples, events]);
  expect(await series('low', 'pca_issuer_certificates_used_last_week')).toEqual([
    'pca_issuer_certificates_used_last_week{} 4',
  ]);
});

it('a role whose credentials are not renewed warns, and says until when they last', async () => {
  await issuerOf('renewing', {
    credentials: { secretRef: { name: 'access-key' }, assumeRole: { roleArn, durationSeconds: 900 } },
  });
  await told('renewing', [ready, accepted, healthy, available]);
  expect(await series('renewing', 'pca_issuer_credentials_end_timestamp_seconds')).toHaveLength(1);
  world.simulator.setFaults({ failingActions: { AssumeRole: { code: 'NoPermission', status: 403, message: 'No.' } } });
  // A renewal begins after four fifths of the 15 minutes at the latest.
  for (let passed = 0; passed < 4; passed += 1) {
    minutesPass(world.operator.pid);
    // Signals that come together are one.
    const before = checks();
    await until('further checks', () => checks() > before + 10);
  }
  const object = await told('renewing', [ready, 'CredentialsValid True CredentialsNotRenewed', healthy, available]);
  expect(conditionsOf(object)[1]?.message).toMatch(
    new RegExp(
      `^The temporary credentials of acs:ram::${accountId}:assumed-role/pca-issuer/\\S+ could not be renewed; the present ones are used until \\d{4}-\\S+Z: .*`,
    ),
  );
  world.simulator.setFaults({ failingActions: {} });
  await told('renewing', [ready, accepted, healthy, available]);
});

it('a dead operator leaves behind when it checked last, and by when it would have checked again', async () => {
  await issuerOf('dead');
  await told('dead', [ready, accepted, healthy, available]);
  await world.operator.kill();
  const { lastCheckTime, nextCheckTime, conditions } = statusOf((await world.cluster.get(reference('dead')))!);
  expect(conditions[0]).toMatchObject({ type: 'Ready', status: 'True' });
  const [last, next] = [lastCheckTime, nextCheckTime].map((time) => Date.parse(time ?? ''));
  expect([last! <= Date.now(), next! - last!]).toEqual([true, 66_000]);
});

it('under a CRD that is older than the fields, the conditions are told all the same, and nothing is written again and again', async () => {
  await world.startOperator([], preload());
  const fields = ['identity', 'quota', 'longestAskedLifetime', 'lastCheckTime', 'nextCheckTime'];
  const { body } = await world.cluster.api.send('GET', crd);
  const definition = body as { metadata: { resourceVersion?: string }; spec: unknown };
  const older = structuredClone(definition) as unknown as {
    spec: {
      versions: {
        schema: {
          openAPIV3Schema: {
            properties: { status: { properties: Record<string, { properties?: Record<string, unknown> }> } };
          };
        };
      }[];
    };
  };
  const { properties } = older.spec.versions[0]!.schema.openAPIV3Schema.properties.status;
  for (const field of fields) delete properties[field];
  delete properties['ca']?.properties?.['chainFingerprints'];
  expect((await world.cluster.api.send('PUT', crd, older)).status).toBe(200);
  await issuerOf('older');
  const object = await until('a status without the fields', async () => {
    const found = await told('older', [ready, accepted, healthy, available]);
    const names = Object.keys(statusOf(found));
    if (names.some((field) => fields.includes(field))) {
      // The API server still had the CRD of before.
      await world.cluster.delete(reference('older'));
      await issuerOf('older');
      throw new NotYet(names);
    }
    return found;
  });
  const before = checks();
  await until('many more checks', () => checks() > before + 60);
  const later = await world.cluster.get(reference('older'));
  expect(later?.metadata['resourceVersion']).toBe(object.metadata['resourceVersion']);
});
