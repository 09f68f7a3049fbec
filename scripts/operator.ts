// `npm start -- FLAGS`: builds the bundle and runs it in this terminal; `npm start -- --help` lists the flags.
import { asksForHelp } from '../src/command-line/flags.ts';
import type { Manual } from '../src/command-line/flags.ts';
import { helpText } from '../src/command-line/help.ts';
import { operatorManual, runWord, subcommands } from '../src/program/manuals.ts';
import { parseOptions } from '../src/runtime/options.ts';

const parameters = process.argv.slice(2);

/** The manual of what is asked for; undefined where there is no such subcommand. */
function manualOf([word = runWord]: readonly string[]): Manual | undefined {
  if (word === runWord || word.startsWith('-')) return operatorManual;
  return Object.entries<Manual>(subcommands).find(([name]) => name === word)?.[1];
}

/** Whether the sources can say all that there is to say, so that nothing has to be built. */
async function isWrong(manual: Manual): Promise<boolean> {
  if (manual === operatorManual) {
    const flags = parameters[0] === runWord ? parameters.slice(1) : parameters;
    return ['unreadable', 'invalid'].includes(parseOptions(flags, process.env).kind);
  }
  const { readCommandLine } = await import('../src/command-line/reading.ts');
  return readCommandLine(manual, parameters.slice(1)).kind === 'wrong';
}

async function runProgram(manual: Manual | undefined): Promise<number> {
  const { run } = await import('./command.ts');
  const isRefused = manual === undefined || (await isWrong(manual));
  if (!isRefused) {
    const { buildBundle } = await import('./build.ts');
    await buildBundle();
  }
  return (await run({ script: isRefused ? 'src/main.ts' : 'dist/main.js', parameters, show: true })).code;
}

const manual = manualOf(parameters);
if (manual !== undefined && asksForHelp(parameters)) process.stdout.write(helpText(manual));
else process.exitCode = await runProgram(manual);
