// The cases by their names, and who runs each.
import type { CaseName } from '../case-names.ts';
import type { CaseFigures } from '../result.ts';
import { bursts } from './burst.ts';
import type { CaseSettings } from './case.ts';
import { drains, keys } from './drain.ts';
import { latencies } from './latency.ts';
import { limits } from './limit.ts';
import { memory } from './memory.ts';
import { stalls } from './stall.ts';
import { starts } from './start.ts';
import { stubbed } from './stub.ts';

/** Runs of each case. */
export const cases: { readonly [Name in CaseName]: (settings: CaseSettings) => Promise<CaseFigures[Name]> } = {
  drain: drains,
  burst: bursts,
  latency: latencies,
  keys,
  memory,
  start: starts,
  stub: stubbed,
  stall: stalls,
  limit: limits,
};
