// `alibaba-pca-issuer capacity`: numbers in, whether PCA's limits suffice out. Touches neither cluster nor cloud.
import type { Values } from '../command-line/flags.ts';
import { helpText } from '../command-line/help.ts';
import { readCommandLine } from '../command-line/reading.ts';
import { visible } from '../issuing/x509/shown-text.ts';
import { capacityOf } from './capacity.ts';
import { capacityManual } from './manual.ts';
import type { CapacityQuestion } from './question.ts';
import { render } from './rendering.ts';

/** Where the output goes. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const exitCode = { suffices: 0, usage: 2, short: 3 } as const;

/** Runs the command with the arguments after `capacity`; the result is the exit code: 0, 2 or 3 as `capacity --help` says. */
export function runCapacityCommand(argv: readonly string[], { out, err }: Streams): number {
  const read = readCommandLine(capacityManual, argv);
  switch (read.kind) {
    case 'help':
      out(helpText(capacityManual));
      return exitCode.suffices;
    case 'wrong':
      err(`alibaba-pca-issuer capacity: ${visible(read.message)}\n`);
      return exitCode.usage;
    case 'run': {
      const question = questionOf(read.values);
      const capacity = capacityOf(question);
      out(render(question, capacity, read.values.output));
      return capacity.suffices ? exitCode.suffices : exitCode.short;
    }
  }
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
