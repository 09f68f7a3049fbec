// Issuers that the CRDs of another version let in: whatever their spec holds, the check finds words for it, and the words fit
// the status of the CRD.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit } from '../../../../src/crds/admission.ts';
import { issuerStatusSchema } from '../../../../src/crds/issuer-schema/status.ts';
import { readIssuer } from '../../../../src/crds/issuer-reading.ts';
import { Stage } from './controller-stage.ts';
import { issuerObject, unserved } from './objects.ts';

/** A spec with a member in every place where the schema has one. */
const fullSpec: Readonly<Record<string, unknown>> = {
  ...issuerObject({
    operation: 'CreateCustomCertificate',
    endpoint: { host: 'pca.example' },
    stsEndpoint: { host: 'sts.example' },
    createCustomCertificate: { subject: { country: 'CN', organization: 'Shop' }, tags: [{ key: 'a', value: 'b' }] },
    externalCA: { instanceIds: ['cas_deposit-cn-1'] },
    validity: { maxDuration: '100h', minDuration: '1h', onExceed: 'Clamp' },
  }).spec,
};

type Path = readonly (string | number)[];

/** The paths of all members, those of objects and lists included. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([name, member]) => pathsIn(member, [...path, name]))];
}

/** The value with another one in a place; `undefined` takes the member out. */
function replaced(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (index === name ? replaced(item, rest, by) : item));
  const object = value as Readonly<Record<string, unknown>>;
  const { [name]: member, ...others } = object;
  const next = replaced(member, rest, by);
  return next === undefined ? others : { ...others, [name]: next };
}

/** What a field of another version may hold instead. */
const others = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    'FromTheFuture',
    '10d',
    -1,
    0,
    1.5,
    1e300,
    true,
    [],
    {},
    [null],
    [{}],
    'x'.repeat(70_000),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** An issuer whose spec is this one. */
async function reconciled(spec: unknown, status?: unknown): Promise<Stage> {
  const stage = new Stage();
  stage.issuer = readIssuer({ ...issuerObject(), spec, status });
  await stage.reconcile();
  return stage;
}

const sentence = (text: string): unknown => expect.stringContaining(text);

/** Type, status and reason of the conditions that were written last. */
function conditionsOf({ writes }: Stage): readonly string[] {
  const { conditions = [] } = writes.at(-1)?.body.status ?? {};
  return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

/** The conditions beside Ready, where the CA was described and where nothing was. */
const checked = ['CredentialsValid True Accepted', 'CAHealthy True Healthy', 'QuotaAvailable True Available'];
const notChecked = ['CAHealthy Unknown NotChecked', 'QuotaAvailable Unknown NotChecked'];
const unchecked = ['CredentialsValid Unknown NotChecked', ...notChecked];
const withoutSecret = ['CredentialsValid False SecretNotFound', ...notChecked];

describe('an issuer of another version', () => {
  it('always gets a status that the CRD admits, whatever a field holds', async () => {
    const paths = pathsIn(fullSpec);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), others, async (path, other) => {
        const { writes } = await reconciled(replaced(fullSpec, path, other));
        const status = writes.at(-1)?.body.status;
        expect(admit(issuerStatusSchema, status, 'status')).toEqual({ kind: 'admitted', value: status, unknown: [] });
        expect(status?.conditions.find(({ type }) => type === 'Ready')?.message).not.toBe('');
      }),
    );
  });

  it('always gets a status, whatever its status holds', async () => {
    const whole = {
      observedGeneration: 1,
      conditions: [
        { type: 'Ready', status: 'False', reason: 'A', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
      ca: { subject: 'CN=a', keyAlgorithm: 'RSA', issuerType: 'local', notAfter: '2027-01-01T00:00:00Z' },
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pathsIn(whole)), others, async (path, other) => {
        const { state } = await reconciled(fullSpec, replaced(whole, path, other));
        expect(state).toBe('ready');
      }),
    );
  });

  it('waits, with words for it, where a value is not known', async () => {
    const stage = await reconciled({ ...fullSpec, operation: 'CreateFromTheFuture' });
    expect([stage.state, conditionsOf(stage), stage.checks]).toEqual([
      'notReady',
      ['Ready False SpecNotUnderstood', 'Stalled True SpecNotUnderstood', ...unchecked],
      0,
    ]);
    expect(stage.events).toEqual([
      expect.objectContaining({
        type: 'Warning',
        reason: 'SpecNotUnderstood',
        note: sentence(
          'CreateWHClientCertificate, but is "CreateFromTheFuture". The CRD in the cluster is of another version',
        ),
      }),
    ]);
  });

  it('is ready without the fields that are not known, since a newer CRD may have filled them in, and says so', async () => {
    const stage = await reconciled({ ...fullSpec, dualRoot: true });
    expect([stage.state, conditionsOf(stage)]).toEqual(['ready', ['Ready True Checked', ...checked]]);
    expect(stage.writes[0]?.body.status.conditions[0]?.message).toEqual(
      sentence('leaves out of account: spec.dualRoot.'),
    );
    expect(stage.events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Normal Checked',
      'Warning LastInstance',
      'Warning FieldUnknown',
    ]);
  });
});

describe('a defect of a check', () => {
  const defect = new TypeError('with a secret in it');

  it('is told on the issuer in words of our own, and thrown on', async () => {
    const stage = new Stage();
    stage.thrown = defect;
    await expect(stage.reconcile()).rejects.toBe(defect);
    expect([stage.state, conditionsOf(stage), JSON.stringify(stage.writes).includes('secret')]).toEqual([
      'notReady',
      ['Ready Unknown CheckFailed', ...unchecked],
      false,
    ]);
  });

  it('takes nothing from a ready issuer within the first half minute', async () => {
    const stage = new Stage();
    await stage.reconcile();
    stage.thrown = defect;
    const after = async (seconds: number): Promise<readonly string[]> => {
      stage.clock.advance(seconds * 1_000);
      await expect(stage.reconcile()).rejects.toBe(defect);
      return [stage.state, ...conditionsOf(stage)];
    };
    expect([await after(400), await after(29), await after(2)]).toEqual([
      ['ready', 'Ready True Checked', ...checked],
      ['ready', 'Ready True Checked', ...checked],
      ['notReady', 'Ready Unknown CheckFailed', ...unchecked],
    ]);
  });
});

describe('under a CRD that is older than the operator', () => {
  const statusOf = (stage: Stage): readonly [string | undefined, readonly string[]] => [
    stage.issuer?.status?.operator,
    Object.keys(stage.issuer?.status ?? {}).filter((field) => field !== 'operator'),
  ];

  it.each([
    [['operator'], false],
    [['operator', 'observedGeneration'], false],
    [['operator', 'observedGeneration'], true],
  ])('a status is written without %s (each named in an answer of its own: %s)', async (fields, oneByOne) => {
    const stage = new Stage();
    stage.undeclared = fields;
    stage.namesUndeclaredOneByOne = oneByOne;
    await stage.reconcile();
    expect([stage.state, conditionsOf(stage)]).toEqual(['ready', ['Ready True Checked', ...checked]]);
    expect(statusOf(stage)).toEqual([
      undefined,
      ['observedGeneration', 'lastCheckTime', 'nextCheckTime', 'quota', 'conditions', 'ca'].filter(
        (field) => !fields.includes(field),
      ),
    ]);
  });

  it('it is not written again while nothing changes', async () => {
    const stage = new Stage();
    stage.undeclared = ['operator', 'lastCheckTime', 'nextCheckTime', 'quota'];
    await stage.reconcile();
    const written = stage.writes.length;
    for (let round = 0; round < 4; round += 1) await stage.after(400);
    expect([stage.writes.length, stage.events.map(({ reason }) => reason)]).toEqual([written, ['Checked']]);
  });

  it('nobody else is taken for the writer of what was written without a name', async () => {
    const stage = new Stage();
    stage.undeclared = ['operator'];
    const { secret } = stage;
    const reasons: (readonly string[])[] = [];
    for (let round = 0; round < 4; round += 1) {
      stage.secret = round % 2 === 0 ? secret : unserved('NotFound');
      await stage.after(400);
      reasons.push(conditionsOf(stage));
    }
    const [found, missing] = [
      ['Ready True Checked', ...checked],
      ['Ready False SecretNotFound', ...withoutSecret],
    ];
    expect(reasons).toEqual([found, missing, found, missing]);
    expect(stage.events.map(({ reason }) => reason)).not.toContain('AnotherOperator');
  });

  it('it is whole again with the first change after the CRD was upgraded', async () => {
    const stage = new Stage();
    stage.undeclared = ['operator'];
    await stage.reconcile();
    stage.undeclared = [];
    stage.secret = unserved('NotFound');
    await stage.after(400);
    expect([conditionsOf(stage), statusOf(stage)[0]]).toEqual([
      ['Ready False SecretNotFound', ...withoutSecret],
      'issuers/test',
    ]);
  });
});
