// `npm run e2e:kind -- --mesh`: this chart beside the charts of meshes and CSI drivers, one after the other in one cluster.
import { afterAll, beforeAll, describe, it } from 'vitest';

import { InstalledWorld } from '../../support/installed-world.ts';
import { podsObstacle } from '../../support/start-cluster.ts';
import { meshScenarios } from './scenarios.ts';

const startMs = 900_000;
const scenarioMs = 900_000;

describe.runIf(podsObstacle() === undefined)('beside the chart of', () => {
  let world: InstalledWorld;

  beforeAll(async () => {
    world = await InstalledWorld.start();
  }, startMs);
  afterAll(async () => world?.stop());

  it.each(meshScenarios)(
    '$name',
    async ({ values = {}, run }) => {
      await world.install(values);
      await run(world);
    },
    scenarioMs,
  );
});
