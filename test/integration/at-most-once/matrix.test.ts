// The operator is disturbed at each step of issuing, for each operation, and meanwhile other things change: no certificate is
// paid twice, none is lost.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NotYet, until } from '../../support/wait.ts';
import { allCases, certificatesOf, reaching } from './cases.ts';
import type { Case } from './cases.ts';
import { allMeanwhile, askedAgain, circumstances, endOf, operationsIn } from './circumstances.ts';
import type { Circumstance, Meanwhile } from './circumstances.ts';
import { endsOf, playMeanwhile } from './meanwhile.ts';
import type { Ended } from './meanwhile.ts';
import type { RequestKindName } from './operations.ts';
import { playCase } from './play.ts';
import { pageFile, withEnds, withMatrix } from './page.ts';
import { proofOf } from './proof.ts';
import type { Proof } from './proof.ts';
import { chosen, seed } from './seed.ts';
import { Stage } from './stage.ts';
import type { Played } from './stage.ts';

// `Killed at Planned`, `CAChanged, KilledAfterCall` and the like, separated by semicolons.
const named = process.env['AT_MOST_ONCE_CASES']?.split(';').map((name) => name.trim());
const isFull = process.env['TEST_FULL'] === '1';
const cases = selected(allCases, nameOf, 5);
const meanwhiles = selected(allMeanwhile, nameOfMeanwhile, 4);
const proofs = new Map<object, Readonly<Record<string, Proof>>>();
const ends = new Map<object, Readonly<Record<string, Ended>>>();
let stage: Stage;

beforeAll(async () => {
  process.stdout.write(`Seed ${seed}: ${[...cases.map(nameOf), ...meanwhiles.map(nameOfMeanwhile)].join('; ')}\n`);
  stage = await Stage.start();
});
afterAll(async () => {
  await stage.stop();
  if (process.env['UPDATE_AT_MOST_ONCE'] !== '1') return;
  // Each table for which everything was measured in this run.
  let page = readFileSync(pageFile, 'utf8');
  if (proofs.size === allCases.length)
    page = withMatrix(page, (each, operation) => proofs.get(each)?.[operation]?.certificates);
  if (ends.size === allMeanwhile.length) page = withEnds(page, (each, operation) => ends.get(each)?.[operation]);
  writeFileSync(pageFile, page);
});

// What a failed case leaves must not disturb the next; who lost PCA lets single calls out for a while, of which one that is held
// keeps the others waiting; and a clock that is wrong stays so.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' || /^(PCA|Answers)Lost|AnswerLost|^Clock|^CertificateEnded/.test(task.name))
    await stage.dismissOperators();
});

describe('an operator that', () => {
  it.each(cases)('$disturbance at $step', async (each) => {
    const operations = reaching(each.step);
    const played = await playCase(stage, each, operations);
    // Trouble may last past the disturbance and cost the Lease; in a cluster the pod is started again.
    const requests = await until(
      'every request to be Ready',
      async () => {
        void stage.operator;
        return (await stage.areReady(played)) ? stage.ready(played) : undefined;
      },
      { everyMs: 100 },
    );
    const expected = operations.map((operation) => [
      operation,
      { certificates: certificatesOf(each, operation), certificate: 'verified' },
    ]);
    const proof = proofOf(played, requests, stage.world.simulator);
    proofs.set(each, proof);
    expect(proof).toEqual(Object.fromEntries(expected));
  });
});

describe('requests that are taken up again after', () => {
  it.each(meanwhiles)('$circumstance, $moment', async (each) => {
    const operations = operationsIn(each);
    const expected = Object.fromEntries(
      operations.map((operation) => {
        const end = endOf(each, operation);
        return [operation, end.end === 'Ready' ? { ...end, certificate: 'verified' } : end];
      }),
    );
    const played = await playMeanwhile(stage, each);
    const { kind, act }: Circumstance = circumstances[each.circumstance];
    const again = act === 'delete with issuer' ? [] : askedAgain(each);
    const served = again.length === 0 ? {} : await serve(again, kind);
    const ended = await settled(played, expected);
    ends.set(each, ended);
    const issued = again.map((operation) => [operation, { certificates: 1, certificate: 'verified' }]);
    expect({ ended, served }).toEqual({ ended: expected, served: Object.fromEntries(issued) });
  });
});

/** What they have come to; what is still to be reported or revoked may take a moment. */
async function settled(played: readonly Played[], expected: object): Promise<Readonly<Record<string, Ended>>> {
  let ended = await endsOf(stage, played);
  await until(
    'what is expected',
    async () => {
      ended = await endsOf(stage, played);
      if (JSON.stringify(ended) !== JSON.stringify(expected)) throw new NotYet(ended);
      return true;
    },
    // By its key a certificate is looked for 10 s after the call, and revoked then.
    { deadlineMs: 60_000 },
  ).catch(() => undefined);
  return ended;
}

/** A further request for each of the operations is served. */
async function serve(
  operations: readonly string[],
  kind: RequestKindName | undefined,
): Promise<Readonly<Record<string, Proof>>> {
  const played = await stage.request(operations, { suffix: '-again', kind });
  const requests = await stage.ready(played);
  return proofOf(played, requests, stage.world.simulator);
}

function selected<Item>(all: readonly Item[], name: (item: Item) => string, sampled: number): readonly Item[] {
  if (named !== undefined) return all.filter((item) => named.includes(name(item)));
  return isFull ? all : chosen(all, sampled);
}

function nameOf({ disturbance, step }: Case): string {
  return `${disturbance} at ${step}`;
}

function nameOfMeanwhile({ circumstance, moment }: Meanwhile): string {
  return `${circumstance}, ${moment}`;
}
