// What docs/benchmarks.json holds: each case with the circumstances under which it was run last, since only figures of one run can
// be compared.
import { caseNames } from './case-names.ts';
import type { CaseName } from './case-names.ts';
import type { BurstFigures } from './cases/burst.ts';
import type { ByContestant } from './cases/case.ts';
import type { DrainFigures, KeyFigures } from './cases/drain.ts';
import type { LatencyFigures } from './cases/latency.ts';
import type { LimitFigures } from './cases/limit.ts';
import type { MemoryFigures } from './cases/memory.ts';
import type { Sizes } from './cases/sizes.ts';
import type { StallFigures } from './cases/stall.ts';
import type { StartFigures } from './cases/start.ts';
import type { StubFigures } from './cases/stub.ts';

/** The figures of each case. */
export interface CaseFigures extends Readonly<Record<CaseName, unknown>> {
  readonly drain: readonly DrainFigures[];
  readonly burst: BurstFigures;
  readonly latency: ByContestant<readonly LatencyFigures[]>;
  readonly keys: readonly KeyFigures[];
  readonly memory: ByContestant<MemoryFigures>;
  readonly start: ByContestant<StartFigures>;
  readonly stub: ByContestant<StubFigures>;
  readonly stall: ByContestant<StallFigures>;
  readonly limit: ByContestant<LimitFigures>;
}

/** Under what a case was run. */
export interface Circumstances {
  /** `2026-12-01`. */
  readonly date: string;
  readonly machine: string;
  readonly versions: string;
  /** The first is this tree. */
  readonly contestants: readonly { readonly name: string; readonly description: string }[];
  /** Whether our operator found itself in what looks like a pod; else it had a kubeconfig, which loads a further library. */
  readonly likeAPod: boolean;
  readonly sizes: Sizes;
}

/** A case as it was run last. */
export interface CaseResult<Name extends CaseName> {
  readonly circumstances: Circumstances;
  readonly figures: CaseFigures[Name];
}

/** The cases that were run so far. */
export type BenchmarkResult = { readonly [Name in CaseName]?: CaseResult<Name> };

/** The cases that a result has, in the order in which they are run. */
export function casesOf(result: BenchmarkResult): readonly CaseName[] {
  return caseNames.filter((name) => result[name] !== undefined);
}
