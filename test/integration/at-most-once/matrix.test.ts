// The operator is disturbed at each step of issuing, for each operation: no certificate is paid twice, none is lost.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/wait.ts';
import { allCases, certificatesOf, reaching } from './cases.ts';
import type { Case } from './cases.ts';
import { playCase } from './play.ts';
import { pageFile, withTables } from './page.ts';
import { proofOf } from './proof.ts';
import type { Proof } from './proof.ts';
import { chosen, seed } from './seed.ts';
import { Stage } from './stage.ts';

// `Killed at Planned` and the like, separated by commas.
const named = process.env['AT_MOST_ONCE_CASES']?.split(',');
const sample = named === undefined ? chosen(allCases, 5) : allCases.filter((each) => named.includes(nameOf(each)));
const cases = process.env['TEST_FULL'] === '1' ? allCases : sample;
const proofs = new Map<object, Readonly<Record<string, Proof>>>();
let stage: Stage;

beforeAll(async () => {
  process.stdout.write(`Seed ${seed}: ${cases.map(nameOf).join(', ')}\n`);
  stage = await Stage.start();
});
afterAll(async () => {
  await stage.stop();
  if (process.env['UPDATE_AT_MOST_ONCE'] !== '1' || cases !== allCases) return;
  const counted = (each: Case, operation: string): number | undefined => proofs.get(each)?.[operation]?.certificates;
  writeFileSync(pageFile, withTables(readFileSync(pageFile, 'utf8'), counted));
});

// What a failed case leaves must not disturb the next; and who lost PCA lets single calls out for a while, of which one
// that is held keeps the others waiting.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' || /^(PCA|Answers)Lost/.test(task.name)) await stage.dismissOperators();
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

function nameOf({ disturbance, step }: Case): string {
  return `${disturbance} at ${step}`;
}
