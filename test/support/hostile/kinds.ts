// Every kind of answer with which an endpoint can do harm.
import { sampleOf } from '../sample.ts';
import { certificates } from './certificates.ts';
import { framings } from './framing.ts';
import type { Hostility } from './hostility.ts';
import { jsons } from './json.ts';
import { lists } from './lists.ts';
import { sizes } from './sizes.ts';
import { texts } from './texts.ts';

// The dear ones spread among the others.
const families: readonly (readonly Hostility[])[] = [sizes, jsons, texts, framings, certificates, lists];
const sampled = 0.44;

/** The same part of each family, chosen by `seed`; all of them with `npm run test:full`. */
export function hostilities(seed: number): readonly Hostility[] {
  return families.flatMap((family) => sampleOf(family, Math.round(family.length * sampled), seed));
}
