// Two operators that write the status of one issuer and find otherwise.
import { expect, it } from 'vitest';
import { read, unserved } from './objects.ts';
import { Stage } from './controller-stage.ts';

/** A stage whose issuer has versions as the API server counts them. */
class Contested extends Stage {
  /** The other operator takes the verdict back, or `operator` does; the empty one leaves no name. */
  overwrite(operator = 'other/lease'): void {
    const { issuer } = this;
    if (issuer?.status === undefined) throw new Error('Nothing was written yet.');
    const { operator: _self, ...status } = issuer.status;
    const [ready] = status.conditions;
    this.issuer = {
      ...issuer,
      metadata: { ...issuer.metadata, resourceVersion: `${Number(issuer.metadata.resourceVersion) + 1}` },
      status: {
        ...status,
        ...(operator === '' ? {} : { operator }),
        conditions: [{ ...ready!, status: 'False', reason: 'SecretNotFound', message: 'Not here.' }],
      },
    };
  }

  /** Checks again after so many seconds, and tells how many writes there were in all. */
  async writesAfter(seconds: number): Promise<number> {
    this.clock.advance(seconds * 1_000);
    this.secret = this.secret === other ? one : other;
    await this.reconcile();
    return this.writes.length;
  }

  get news(): readonly string[] {
    return this.events.filter(({ reason }) => reason === 'AnotherOperator').map(({ note }) => note);
  }
}

// Another version of the Secret has the issuer checked again.
const data = { accessKeyId: 'TFRBSQ==', accessKeySecret: 'c2VjcmV0' };
const one = read({ metadata: { resourceVersion: '7' }, data });
const other = read({ metadata: { resourceVersion: '8' }, data });

const note =
  'Another operator (other/lease) writes the status of this issuer, too, and finds otherwise than this one (issuers/test), which therefore writes it with growing pauses. Run one release of the operator per cluster: uninstall one of them.';

it('takes back the verdict once, says who is there the second time, and then writes with growing pauses', async () => {
  const stage = new Contested();
  await stage.reconcile();
  stage.overwrite();
  const first = [await stage.writesAfter(1), stage.news];
  stage.overwrite();
  const second = [await stage.writesAfter(1), await stage.writesAfter(20), stage.news, stage.state];
  const third = [await stage.writesAfter(60), stage.news.length];
  stage.overwrite();
  const fourth = [await stage.writesAfter(1), await stage.writesAfter(58), await stage.writesAfter(120)];
  expect([first, second, third, fourth]).toEqual([
    [2, []],
    [2, 2, [note], 'ready'],
    [3, 1],
    [3, 3, 4],
  ]);
  expect(stage.writes.at(-1)?.body.status.conditions[0]?.message).toBe(
    'CA "ca" answers and can issue. Another operator (other/lease) writes this status, too, and finds otherwise. Run one release of the operator per cluster: uninstall one of them.',
  );
});

it('counts nothing where the watch only shows a moment longer what was there before', async () => {
  const stage = new Contested();
  await stage.reconcile();
  stage.overwrite();
  const before = stage.issuer;
  await stage.writesAfter(1);
  for (let times = 0; times < 3; times += 1) {
    stage.issuer = before;
    await stage.writesAfter(1);
  }
  expect(stage.news).toEqual([]);
});

it('counts nothing of its own, and nothing where the write failed', async () => {
  const stage = new Contested();
  stage.writeAnswer = unserved('Conflict');
  await stage.reconcile();
  stage.writeAnswer = read(undefined);
  await stage.writesAfter(1);
  for (let times = 0; times < 4; times += 1) {
    stage.overwrite('issuers/test');
    await stage.writesAfter(1);
  }
  expect([stage.news, stage.writes.length]).toEqual([[], 6]);
});

it('knows an operator that does not name itself for another one', async () => {
  const stage = new Contested();
  await stage.reconcile();
  for (let times = 0; times < 2; times += 1) {
    stage.overwrite('');
    await stage.writesAfter(1);
  }
  expect(stage.news).toEqual([expect.stringContaining('Another operator (of an older version) writes')]);
});

it('forgets another operator that was not seen for an hour', async () => {
  const stage = new Contested();
  await stage.reconcile();
  for (let times = 0; times < 2; times += 1) {
    stage.overwrite();
    await stage.writesAfter(1);
  }
  await stage.writesAfter(3_700);
  expect(stage.writes.at(-1)?.body.status.conditions[0]?.message).toBe('CA "ca" answers and can issue.');
});
