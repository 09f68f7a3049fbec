// Builds the Go programs that tests and demo run, telling how far a build has come.
import { buildGoProgram } from '../control-plane/driver/go-build.ts';
import type { BuildProgress, GoProgram } from '../control-plane/driver/go-build.ts';
import {
  controlPlaneProgram,
  corednsProgram,
  healthProgram,
  helmProgram,
  nodeProgram,
  pauseProgram,
  proxyProgram,
  readerProgram,
} from '../control-plane/driver/programs.ts';
import { largeNeighbours, smallNeighbours } from '../test/support/neighbours/turn.ts';
import type { LargeNeighbour } from '../test/support/neighbours/turn.ts';

const tellEvery = 200;

/**
 * Builds the control plane, Helm, the judge of GitOps tools and the reader unless they are built, and for pods what a node
 * needs, and further programs; `tell` gets a line now and then while it takes long.
 */
export async function buildGoPrograms(
  tell: (line: string) => void,
  { pods = false, further = [] }: { readonly pods?: boolean; readonly further?: readonly GoProgram[] } = {},
): Promise<void> {
  const nodePrograms = pods ? [nodeProgram, corednsProgram, pauseProgram] : [];
  for (const program of [
    controlPlaneProgram,
    helmProgram,
    healthProgram,
    proxyProgram,
    readerProgram,
    ...nodePrograms,
    ...further,
  ])
    await buildGoProgram(program, tellNowAndThen(program, tell));
}

/** Builds what tests run of others, each of which waits for what it needs: what every run needs first. */
export async function buildNeighbours(tell: (line: string) => void, large: readonly LargeNeighbour[]): Promise<void> {
  for (const program of [...smallNeighbours, ...large.flatMap((name) => largeNeighbours[name])])
    await buildGoProgram(program, tellNowAndThen(program, tell));
}

/** Answers a listener for one build that gives `tell` a line now and then. */
export function tellNowAndThen(program: GoProgram, tell: (line: string) => void): (progress: BuildProgress) => void {
  return ({ done, total }) => {
    if (total === 0) tell(`building ${program.name}, which takes minutes the first time: fetching modules`);
    else if (done % tellEvery === 0 || done === total) tell(`building ${program.name}: ${done}/${total} packages`);
  };
}
