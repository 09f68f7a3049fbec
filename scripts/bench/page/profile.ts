// The section of the page that tells whose time and memory a certificate takes. Pure.
import type { Profiled } from '../../profile/run.ts';
import type { Load } from '../cases/runs.ts';

/** What `npm run profile -- --baseline COMMIT` wrote. */
export interface ProfileFigures {
  readonly date: string;
  readonly machine: string;
  readonly versions: string;
  readonly load: Load;
  /** The first drain of a process instead of its second. */
  readonly cold: boolean;
  /** This tree and the earlier one. */
  readonly profiled: readonly Profiled[];
}

type Measured = 'processorTime' | 'allocations';

const worthTelling = 0.01;

/** One row for each room, the collector of garbage and whatever belongs to no room. */
export function profileSection({ date, machine, versions, load, cold, profiled }: ProfileFigures): string {
  const columns = (['processorTime', 'allocations'] as const).flatMap((measured) =>
    profiled.map((each) => ({ measured, each })),
  );
  const owners = new Set(profiled.flatMap(({ processorTime }) => processorTime.map(({ owner }) => owner)));
  const rows = [...owners]
    .filter((owner) => columns.some(({ measured, each }) => shareOf(each, measured, owner) >= worthTelling))
    .map((owner) => [
      owner,
      ...columns.map(({ measured, each }) => written(measured, causedBy(each, measured, owner))),
    ]);
  const sums = columns.map(({ measured, each }) => written(measured, sumOf(each, measured)));
  const head = [
    '',
    ...columns.map(({ measured, each }) => `${measured === 'allocations' ? 'memory' : 'time'}, ${each.name}`),
  ];
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows, ['all', ...sums]];
  return `## Whose time and memory it is

Written by \`npm run profile -- --baseline COMMIT\`: the main thread's time and what was allocated, for each of ${load.count} certificates
of one ${cold ? 'cold' : 'warm'} drain${load.latencyMilliseconds === 0 ? ' without latency' : ` at ${load.latencyMilliseconds} ms`}. What a library or Node does belongs to the room that called it. Sampling costs time itself, so that
the sums are larger than above; shares of less than a hundredth are only in the sums.

${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

<sub>${date}; ${machine}; ${versions}; ${profiled.map(({ name, description }) => `${name}: ${description}`).join('; ')}</sub>`;
}

function written(measured: Measured, value: number): string {
  if (value === 0) return '–';
  return measured === 'allocations' ? `${(value / 1_024).toFixed(1)} KiB` : `${(value / 1_000).toFixed(2)} ms`;
}

function causedBy(profiled: Profiled, measured: Measured, owner: string): number {
  return profiled[measured].find((share) => share.owner === owner)?.caused ?? 0;
}

function shareOf(profiled: Profiled, measured: Measured, owner: string): number {
  return causedBy(profiled, measured, owner) / sumOf(profiled, measured);
}

function sumOf(profiled: Profiled, measured: Measured): number {
  return profiled[measured].reduce((sum, { caused }) => sum + caused, 0);
}
