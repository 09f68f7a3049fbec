// `alibaba-pca-issuer` with a subcommand, and its answers about the command line itself. Loaded only for these; what a subcommand
// needs is loaded when it runs.
import { helpText } from '../command-line/help.ts';
import { readCommandLine, unknownName, withHelp } from '../command-line/reading.ts';
import { tell } from '../command-line/telling.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { connect } from '../operator/connect.ts';
import { parseOptions, spelledOut } from '../runtime/options.ts';
import { userAgent } from '../runtime/version.ts';
import { systemClock } from '../timing/clock.ts';
import { completionShells, operatorManual, runWord, subcommands } from './manuals.ts';

const exitCode = { done: 0, failed: 1, usage: 2 } as const;
const out = (text: string): boolean => process.stdout.write(text);
const err = (text: string): boolean => process.stderr.write(text);
const streams = { out, err };

/** The text of `alibaba-pca-issuer --help`. */
export function programHelp(): string {
  return helpText(operatorManual);
}

/** What is wrong with the operator's flags as words of a command line, as a sentence. */
export function grammarFault(argv: readonly string[]): string | undefined {
  const read = readCommandLine(operatorManual, spelledOut(argv));
  return read.kind === 'wrong' ? read.message : undefined;
}

/** Runs a subcommand, and answers its exit code. */
export async function runSubcommand(name: string, argv: readonly string[]): Promise<number> {
  switch (name) {
    case 'plan': {
      const { runPlanCommand, thisProcess } = await import('../plan-command/plan-command.ts');
      return runPlanCommand(argv, { ...thisProcess, connect: connectTo, signal: interruption() });
    }
    case 'capacity': {
      const { runCapacityCommand } = await import('../capacity-command/capacity-command.ts');
      return runCapacityCommand(argv, streams);
    }
    case 'doctor': {
      const { runDoctorCommand } = await import('../doctor-command/doctor-command.ts');
      const code = await runDoctorCommand(argv, {
        connect: connectTo,
        environment: process.env,
        clock: systemClock,
        signal: interruption(),
        ...streams,
      });
      // A name that is still looked up would keep the process for as long as its DNS server is silent.
      return process.exit(code);
    }
    case 'migrate': {
      const { runMigrateCommand } = await import('../migrate-command/migrate-command.ts');
      return runMigrateCommand(argv, {
        connect: connectTo,
        environment: process.env,
        clock: systemClock,
        signal: interruption(),
        ...streams,
      });
    }
    case 'completion':
      return writeCompletion(argv);
    case 'apply':
      return applyIssuers(argv);
    default:
      err(
        `alibaba-pca-issuer: ${withHelp(unknownName(name, [runWord, ...Object.keys(subcommands)]), operatorManual)}\n`,
      );
      return exitCode.usage;
  }
}

async function writeCompletion(argv: readonly string[]): Promise<number> {
  const { completion: manual } = subcommands;
  const read = readCommandLine(manual, argv);
  if (read.kind !== 'run') return tell(read, manual, streams);
  const [name = '', ...further] = read.rest;
  const shell = completionShells.find((each) => each === name);
  if (shell === undefined || further.length > 0) {
    const message = withHelp(`Name one of ${completionShells.join(', ')}`, manual);
    return tell({ kind: 'wrong', message }, manual, streams);
  }
  const { completionScript } = await import('./completion.ts');
  out(completionScript(shell));
  return exitCode.done;
}

async function connectTo(kubeconfig: string, context: string): ReturnType<typeof connect> {
  return connect({ kubeconfig, context });
}

/** Aborted when the process is told to end. */
function interruption(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

/** Runs `apply`, which is for the chart's Job, as the pod's ServiceAccount or with the kubeconfig of the environment. */
async function applyIssuers(manifests: readonly string[]): Promise<number> {
  const { runApplyCommand } = await import('../apply-command/apply-command.ts');
  try {
    const options = parseOptions([], process.env);
    if (options.kind !== 'run') throw new Error(options.kind === 'invalid' ? options.message : options.kind);
    const kubernetes = new KubernetesClient(await connect(options.options), { userAgent });
    const code = await runApplyCommand(manifests, { kubernetes, clock: systemClock, ...streams });
    await kubernetes.close();
    return code;
  } catch (error) {
    err(`alibaba-pca-issuer apply: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCode.failed;
  }
}
