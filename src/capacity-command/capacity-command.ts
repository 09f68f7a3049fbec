// `alibaba-pca-issuer capacity`: numbers in, whether PCA's limits suffice out. Touches neither cluster nor cloud.
import type { Values } from '../command-line/flags.ts';
import { readCommandLine } from '../command-line/reading.ts';
import { tell } from '../command-line/telling.ts';
import type { Streams } from '../command-line/telling.ts';
import { capacityOf } from './capacity.ts';
import { capacityManual } from './manual.ts';
import type { CapacityQuestion } from './question.ts';
import { render } from './rendering.ts';

const exitCode = { suffices: 0, short: 3 } as const;

/** Runs the command with the arguments after `capacity`; the result is the exit code: 0, 2 or 3 as `capacity --help` says. */
export function runCapacityCommand(argv: readonly string[], streams: Streams): number {
  const read = readCommandLine(capacityManual, argv);
  if (read.kind !== 'run') return tell(read, capacityManual, streams);
  const question = questionOf(read.values);
  const capacity = capacityOf(question);
  streams.out(render(question, capacity, read.values.output));
  return capacity.suffices ? exitCode.suffices : exitCode.short;
}

function questionOf(given: Values<typeof capacityManual.flags>): CapacityQuestion {
  return {
    workloads: given.workloads,
    lifetimeSeconds: given.lifetime,
    renewAt: given['renew-at'],
    startsPerDay: given['starts-per-day'],
    pcaLimit: given['pca-limit'],
    quota: given.quota,
    stormSeconds: given['storm-within'],
    clientTimeoutSeconds: given['client-timeout'],
  };
}
