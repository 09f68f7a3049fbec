// `npm start -- FLAGS`: builds the bundle and runs it in this terminal; `npm start -- --help` lists the flags.
import { capacityHelp, readArguments as readCapacityArguments } from '../src/capacity-command/arguments.ts';
import { doctorHelp, readArguments as readDoctorArguments } from '../src/doctor-command/arguments.ts';
import { planHelp, readArguments } from '../src/plan-command/arguments.ts';
import { parseOptions } from '../src/runtime/options.ts';
import { buildBundle } from './build.ts';
import { run } from './command.ts';

interface Asked {
  readonly kind: 'help' | 'invalid' | 'run';
  readonly text?: string;
}

/** What the product will make of its arguments; `text` goes with `help`. */
function readParameters(parameters: readonly string[]): Asked {
  const [subcommand, ...rest] = parameters;
  if (subcommand === 'plan') return asked(readArguments(rest).kind, planHelp());
  if (subcommand === 'capacity') return asked(readCapacityArguments(rest).kind, capacityHelp());
  if (subcommand === 'doctor') return asked(readDoctorArguments(rest, process.env).kind, doctorHelp());
  const options = parseOptions(parameters, process.env);
  return options.kind === 'version' ? { kind: 'run' } : options;
}

function asked(kind: 'help' | 'invalid' | 'plan' | 'capacity' | 'doctor', help: string): Asked {
  if (kind === 'help') return { kind, text: help };
  return { kind: kind === 'invalid' ? kind : 'run' };
}

const parameters = process.argv.slice(2);
const { kind, text } = readParameters(parameters);
if (kind === 'help') process.stdout.write(text ?? '');
else {
  if (kind === 'run') await buildBundle();
  // The sources say as well what is wrong, and nothing has to be built for that.
  const { code } = await run({ script: kind === 'run' ? 'dist/main.js' : 'src/main.ts', parameters, show: true });
  process.exitCode = code;
}
