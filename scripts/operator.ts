// `npm start -- FLAGS`: builds the bundle and runs it in this terminal; `npm start -- --help` lists the flags.
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
  if (subcommand !== 'plan') {
    const options = parseOptions(parameters, process.env);
    return options.kind === 'version' ? { kind: 'run' } : options;
  }
  const plan = readArguments(rest);
  return plan.kind === 'help' ? { kind: 'help', text: planHelp() } : { kind: plan.kind === 'plan' ? 'run' : 'invalid' };
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
