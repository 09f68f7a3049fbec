// Endpoints that tenants name and that mean harm: whatever they answer, at an issuer's check or at issuing, the operator keeps
// its Lease, its event loop runs, its memory comes back, other tenants get their certificates, and the owner is told why.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostilities } from '../../support/hostile/kinds.ts';
import { failsAtEnd, leadership } from '../../support/lease.ts';
import type { Leadership } from '../../support/lease.ts';
import { planted, plantedForms } from '../../support/hostile/hostility.ts';
import type { Hostility } from '../../support/hostile/hostility.ts';
import { collectGarbage, probed, ProcessWatch } from '../../support/hostile/process-watch.ts';
import type { Turn } from '../../support/hostile/process-watch.ts';
import { HostileTenant } from '../../support/hostile/tenant.ts';
import type { ProcessEnd } from '../../support/operator-process.ts';
import { NotYet, until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { Scene } from '../faults/scene.ts';

// Of the processor, in one turn of the event loop and beside the collector of garbage. No single step takes 50 ms, as unit tests
// see; a turn may have many small ones that a busy machine held up together.
const longestTurnMs = 120;
const mostGrowthMebibytes = 64;
// The limit of the chart.
const mostMebibytes = 512;
const longestMessage = 1_024;
const longestLine = 4_096;
// Oxlint and editors show no such characters.
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

// A failure names it, and SEED in the environment sets it again.
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const kinds = hostilities(seed);
// To measure what one of them costs others, which several at a time hide: HOSTILE_ONE_BY_ONE=1 in the environment.
const attackTest = process.env['HOSTILE_ONE_BY_ONE'] === '1' ? it : it.concurrent;

let world: World;
let neighbour: Scene;
let watch: ProcessWatch;
let end: ProcessEnd | undefined;
let failed: Promise<never>;
let lease: Leadership;
let baseline: number;
let startedAt: number;
const asked: string[] = [];

beforeAll(async () => {
  const flags = ['--pca-timeout=5s', '--retry-base-delay=50ms', '--retry-max-delay=2s'];
  world = await World.start({ flags, operator: false });
  const probeFile = join(world.controlPlane.directory, 'turns.jsonl');
  await world.startOperator([], probed(probeFile));
  world.simulator.addAccessKey(planted);
  neighbour = await Scene.set(world, 'neighbour');
  void world.operator.ended.then((how) => (end = how));
  failed = failsAtEnd(world.operator);
  for (let round = 0; round < 3; round += 1) await issueMany(10, `warm-${round}`);
  lease = await leadership(world);
  watch = new ProcessWatch(world.operator, probeFile);
  startedAt = performance.now();
  baseline = watch.residentMebibytes();
});
afterAll(async () => {
  await world.stop();
});

function shown(turns: readonly Turn[]): string {
  return turns.map(({ ms, collectedMs }) => `${ms.toFixed(0)} ms (garbage: ${collectedMs.toFixed(0)} ms)`).join(', ');
}

async function issueMany(count: number, name: string): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  asked.push(...names);
  await neighbour.ask(...names);
  await Promise.all(names.map((each) => neighbour.issued(each)));
}

describe(`while an endpoint answers with (SEED=${seed})`, () => {
  attackTest.each(kinds)('$kind', async (hostility) => {
    // Nobody waits for what an operator that is gone would do.
    await Promise.race([failed, attack(hostility)]);
  });

  async function attack(hostility: Hostility): Promise<void> {
    const from = performance.now();
    const tenant = await HostileTenant.settle(world, hostility);
    try {
      await tenant.struck();
      const askedAt = performance.now();
      await issueMany(1, `during-${kinds.indexOf(hostility)}`);
      const tookMs = performance.now() - askedAt;
      console.log(
        `${hostility.kind}: another tenant's certificate took ${(tookMs / 1_000).toFixed(2)} s; longest turn of the event loop: ${shown(watch.longestTurns(from).slice(0, 1))}`,
      );
      const told = await tenant.told();
      if (process.env['TEST_MESSAGES'] === '1') console.log(`${hostility.kind}: ${JSON.stringify(told)}`);
      for (const message of told) {
        expect(message).not.toMatch(controlCharacter);
        expect(message.length).toBeLessThanOrEqual(longestMessage);
        for (const form of plantedForms) expect(message).not.toContain(form);
      }
    } finally {
      await tenant.leave();
    }
  }
});

describe('after all of them', () => {
  it('the operator is the process that it was, and holds the Lease that it held', async () => {
    expect({ end, lease: await leadership(world) }).toEqual({ end: undefined, lease });
  });

  it('no turn of its event loop was long', () => {
    const turns = watch.longestTurns(startedAt);
    console.log(`the longest turns of the event loop: ${shown(turns.slice(0, 10))}`);
    // Whether anything is noted at all: the first turn loads the operator.
    expect(watch.longestTurns(-Infinity).length).toBeGreaterThan(0);
    expect(turns.filter(({ ownMs }) => ownMs >= longestTurnMs)).toEqual([]);
  });

  it('its memory comes back', async () => {
    const inMebibytes = (size: number): string => size.toFixed(0);
    const before = [baseline, watch.peakMebibytes(), watch.residentMebibytes()].map(inMebibytes);
    console.log(`memory in MiB: ${before.join(', ')} (before, peak, at the end)`);
    expect(end).toBe(undefined);
    await collectGarbage(world.operator);
    const settled = await until(
      `less than ${mostGrowthMebibytes} MiB more than the ${inMebibytes(baseline)} MiB before`,
      () => {
        const now = watch.residentMebibytes();
        if (!(now - baseline < mostGrowthMebibytes)) throw new NotYet(`${inMebibytes(now - baseline)} MiB more`);
        return now;
      },
      { everyMs: 500 },
    );
    console.log(`memory in MiB after a while: ${inMebibytes(settled)}`);
    expect(watch.peakMebibytes()).toBeLessThan(mostMebibytes);
  });

  it('its log has no secret, no request, nothing of a body and no endless line', async () => {
    const log = await world.operator.logs();
    const found = [...plantedForms, 'PLANTED', 'BEGIN CERTIFICATE REQUEST'].filter((text) => log.includes(text));
    const longest = Math.max(...log.split('\n').map(({ length }) => length));
    expect(found).toEqual([]);
    expect(longest).toBeLessThanOrEqual(longestLine);
  });

  it("the neighbour's certificates were paid once", async () => {
    await neighbour.paid(...asked);
  });
});
