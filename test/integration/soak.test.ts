// Three minutes of `npm run soak`: whatever goes wrong, nothing is paid twice, and what was opened and remembered is given back.
import { expect, it } from 'vitest';
import { disturbances } from '../../scripts/soak/disturbances.ts';
import { soak } from '../../scripts/soak/soak.ts';

const minutes = 3;
const seed = Number(process.env['SEED'] ?? 1);
// A few are of what happened last: an event that is sent later, a connection that is kept.
const spareObjects = 15;
// What a few hundred certificates may leave; of a whole request each, they would leave more.
const spareMebibytes = 3;

it('after three minutes of work, faults and restarts the operator keeps no more than before', async () => {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const { faults, ends, lives, disturbances: disturbed } = await soak({ minutes, seed, idleMs: 10_000, say });
  expect(faults).toEqual([]);
  // A busy machine may cost it the Lease.
  expect(ends.filter((line) => !line.includes('The Lease was lost'))).toEqual([]);
  const happened = new Set(disturbed.map(({ what }) => what));
  expect(Object.keys(disturbances).filter((what) => !happened.has(what))).toEqual([]);
  const life = lives.at(-1);
  if (life === undefined) throw new Error('No process lived long enough.');
  const { descriptors, resources, retained } = life;
  const { first, last } = retained;
  const more = Object.entries(last.objects).map(([name, count]) => [name, count - (first.objects[name] ?? 0)] as const);
  expect({
    descriptors: Math.max(0, descriptors.last - descriptors.first),
    handles: Math.max(0, resources.last - resources.first),
    objects: more.filter(([, count]) => count > spareObjects),
    mebibytes: Math.max(0, last.mebibytes - first.mebibytes - spareMebibytes),
  }).toEqual({ descriptors: 0, handles: 0, objects: [], mebibytes: 0 });
}, 1_800_000);
