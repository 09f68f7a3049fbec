// The chart in pods of a real node, where only restricted ones are admitted: one cluster through its whole life, each group
// of tests going on where the one before has left it.
import { afterAll, beforeAll, describe } from 'vitest';

import { InstalledWorld } from '../support/installed-world.ts';
import { isKind, podsObstacle } from '../support/start-cluster.ts';
import { disturbing } from './chart/disturbing.ts';
import { firstChart } from './chart/first-chart.ts';
import { installing } from './chart/installing.ts';
import { issuersOfValues, valuesWithIssuers } from './chart/issuers-of-values.ts';
import { memory } from './chart/memory.ts';
import { networkPolicy } from './chart/network-policy.ts';
import { observing } from './chart/observing.ts';
import { permissions } from './chart/permissions.ts';
import { uninstalling } from './chart/uninstalling.ts';

const startMs = 900_000;

// scripts/test.ts says in a sentence why they do not run.
describe.runIf(podsObstacle() === undefined)('the chart in pods', () => {
  let started: InstalledWorld;
  const world = (): InstalledWorld => started;

  beforeAll(async () => {
    started = await InstalledWorld.start();
    await started.install(await valuesWithIssuers(started));
  }, startMs);
  afterAll(async () => started?.stop());

  issuersOfValues(world);
  installing(world);
  observing(world);
  memory(world);
  disturbing(world);
  uninstalling(world);
  firstChart(world);
  permissions(world);
  // The plugins of the node that this machine runs do not enforce it.
  if (isKind) networkPolicy(world);
});
