// The command line of scripts/test.ts. Pure.
import type { TestProject } from './vitest-run.ts';

/** What to run. */
export interface TestArguments {
  /** Whether in the long variants. */
  readonly full: boolean;
  readonly projects: readonly TestProject[];
  /** Left over for vitest. */
  readonly vitest: readonly string[];
}

const allProjects: readonly TestProject[] = ['unit', 'integration', 'cluster'];

/** Reads the arguments; throws when `--only` names no project. */
export function parseTestArguments(parameters: readonly string[]): TestArguments {
  const at = parameters.indexOf('--only');
  const only = at === -1 ? undefined : parameters[at + 1];
  const projects = allProjects.filter((project) => at === -1 || project === only);
  if (projects.length === 0) throw new Error(`--only must be followed by one of: ${allProjects.join(', ')}.`);
  return {
    full: parameters.includes('--full'),
    projects,
    vitest: parameters.filter(
      (parameter, index) => parameter !== '--full' && (at === -1 || (index !== at && index !== at + 1)),
    ),
  };
}
