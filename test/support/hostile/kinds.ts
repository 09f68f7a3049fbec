// Every kind of answer with which an endpoint can do harm.
import { certificates } from './certificates.ts';
import { framings } from './framing.ts';
import type { Hostility } from './hostility.ts';
import { jsons } from './json.ts';
import { lists } from './lists.ts';
import { sizes } from './sizes.ts';
import { texts } from './texts.ts';

/** All of them, the dear ones spread among the others. */
export const hostilities: readonly Hostility[] = [...sizes, ...jsons, ...texts, ...framings, ...certificates, ...lists];
