// Every reason of the catalogues, by a user's own steps, with the whole message as users read it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../../support/world.ts';
import { ApiProxy } from '../faults/api-proxy.ts';
import { withDefect } from './defect.ts';
import { eventScenes } from './events.ts';
import { externalCAScenes } from './external-ca.ts';
import { failureScenes } from './failures.ts';
import { issuerScenes, newsScenes } from './issuers.ts';
import { networkScenes } from './networks.ts';
import { installNewerCrds } from './newer-crds.ts';
import { Stage } from './stage.ts';
import type { Scene, Theatre } from './stage.ts';
import { troubleScenes } from './troubles.ts';

let theatre: Theatre;
let played: ReadonlyMap<Scene, Promise<string>>;

beforeAll(async () => {
  const world = await World.start({
    operator: false,
    flags: [
      '--retry-base-delay=50ms',
      '--retry-max-delay=1s',
      '--secret-check-interval=1s',
      // A busy machine must not end it.
      '--leader-elect=false',
      '--approval-warning-after=2s',
      '--issuer-hosts=127.0.0.1:*,*:9',
      `--issuer-rules=${fileURLToPath(new URL('rules.yaml', import.meta.url))}`,
      // Nobody is there.
      '--ecs-metadata-address=127.0.0.1:9',
    ],
  });
  const proxy = await ApiProxy.start(world.controlPlane.server, world.controlPlane.caPem);
  theatre = { world, proxy };
  await installNewerCrds(world);
  await world.startReplica('behind-proxy', {
    kubeconfig: await proxy.writeKubeconfig(
      world.operatorKubeconfig,
      join(world.controlPlane.directory, 'proxied.kubeconfig'),
    ),
    environment: withDefect,
  });
  played = playAll();
});
afterAll(async () => {
  await theatre.proxy.stop();
  await theatre.world.stop();
});

const catalogues: Readonly<Record<string, Readonly<Record<string, Scene>>>> = {
  'a request fails for': failureScenes,
  'an issuer tells of': issuerScenes,
  'an event about an issuer tells of': newsScenes,
  'an event about a request tells of': eventScenes,
  'trouble is': troubleScenes,
  'a CA certificate is told of': externalCAScenes,
  'refused is': networkScenes,
};
const all = Object.values(catalogues).flatMap((scenes) => Object.values(scenes));

// Each waits for most of its time.
const mostAtOnce = 24;

/** Plays all scenes, so many at a time; each gives what was read, or why nothing was. */
function playAll(): ReadonlyMap<Scene, Promise<string>> {
  const reads = new Map<Scene, Promise<string>>();
  const play = (scene: Scene, after: Promise<unknown>): Promise<unknown> => {
    const read = after.then(async () => Stage.play(theatre, scene));
    reads.set(scene, read);
    return read.catch(() => undefined);
  };
  let opening: Promise<unknown> = Promise.resolve();
  for (const scene of all.filter(({ isFirst }) => isFirst)) opening = play(scene, opening);
  const lanes: Promise<unknown>[] = Array.from({ length: mostAtOnce }, async () => opening);
  for (const [index, scene] of all.filter(({ isFirst }) => isFirst !== true).entries()) {
    const lane = index % mostAtOnce;
    lanes[lane] = play(scene, lanes[lane] ?? opening);
  }
  return reads;
}

for (const [what, scenes] of Object.entries(catalogues)) {
  describe(what, () => {
    it.each(Object.entries(scenes))('%s', async (reason, scene) => {
      const read = await played.get(scene);
      if (process.env['TEST_MESSAGES'] === '1') console.log(`MESSAGE ${JSON.stringify([what, reason, read])}`);
      expect(read).toBe(scene.says);
    });
  });
}
