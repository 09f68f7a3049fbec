// `alibaba-pca-issuer capacity`: numbers in, whether PCA's limits suffice out. Touches neither cluster nor cloud.
import { visible } from '../issuing/x509/shown-text.ts';
import { capacityHelp, readArguments } from './arguments.ts';
import { capacityOf } from './capacity.ts';
import { render } from './rendering.ts';

/** Where the output goes. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const exitCode = { suffices: 0, usage: 2, short: 3 } as const;

/** Runs the command with the arguments after `capacity`; the result is the exit code: 0, 2 or 3 as `capacity --help` says. */
export function runCapacityCommand(argv: readonly string[], { out, err }: Streams): number {
  const read = readArguments(argv);
  switch (read.kind) {
    case 'help':
      out(capacityHelp());
      return exitCode.suffices;
    case 'invalid':
      err(`alibaba-pca-issuer capacity: ${visible(read.message)}\n`);
      return exitCode.usage;
    case 'capacity': {
      const capacity = capacityOf(read.question);
      out(render(read.question, capacity, read.output));
      return capacity.suffices ? exitCode.suffices : exitCode.short;
    }
  }
}
