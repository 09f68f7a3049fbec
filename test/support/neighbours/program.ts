// Waiting for the program of a neighbour, whose first build on a machine takes minutes.
import { buildGoProgram } from '../../../control-plane/driver/go-build.ts';
import type { BuildProgress, GoProgram } from '../../../control-plane/driver/go-build.ts';

/** Longest time of {@link neighbourProgram}; a hook that calls it needs more. */
export const buildMs = 20 * 60_000;

/**
 * Path of a program. `npm test` builds it in the background, and this waits for that; without it, it is built now. After
 * {@link buildMs} an error says which program is not there yet.
 */
export async function neighbourProgram(program: GoProgram): Promise<string> {
  let last: BuildProgress | undefined;
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const state =
      last === undefined ? 'another process is building it' : `${last.done} of ${last.total} packages are done`;
    limit.reject(new Error(`${program.name} was not built within ${buildMs / 60_000} minutes: ${state}.`));
  }, buildMs);
  try {
    return await Promise.race([buildGoProgram(program, (progress) => (last = progress)), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
