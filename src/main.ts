// Entry of the process: options, operator, signals, exit code. 0: stopped as asked; 1: failed or lost the Lease; 2: wrong flags.
// With another first argument than `run` or a flag it is a subcommand (src/program), with exit codes of its own.
import { Operator } from './operator/operator.ts';
import { createLogger, openLogOutput } from './runtime/logger.ts';
import type { Logger, LogOutput } from './runtime/logger.ts';
import { parseOptions } from './runtime/options.ts';
import type { Options } from './runtime/options.ts';
import { podIdentity } from './runtime/pod-identity.ts';
import { unusedVariables } from './runtime/unused-variables.ts';
import { productVersion, sourceRevision } from './runtime/version.ts';

const exitCode = { stopped: 0, failed: 1, usage: 2 } as const;

async function run(options: Options): Promise<number> {
  const output = openLogOutput();
  const logger = createLogger({ level: options['log-level'], format: options['log-format'], write: output.write });
  const stopping = new AbortController();
  failHard(logger, output);
  logger.info(
    { version: productVersion, ...sourceRevision(process.env), node: process.version },
    'The process starts.',
  );
  const unused = unusedVariables(process.env);
  if (unused.length > 0) {
    logger.warn(
      { unused },
      'These variables are no settings of the operator and have no effect; its --help lists all.',
    );
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second signal means: do not wait for calls in flight.
      if (stopping.signal.aborted) void endNow(output);
      logger.info({ signal }, 'Stopping: the operator takes no new requests and waits for calls in flight.');
      stopping.abort();
    });
  }
  try {
    const operator = await Operator.start(options, podIdentity(process.env), { logger, lostLines: output.lost });
    const end = await operator.run(stopping.signal);
    return end === 'stopped' ? exitCode.stopped : exitCode.failed;
  } catch (error) {
    logger.error({}, `The operator cannot run: ${error instanceof Error ? error.message : String(error)}`);
    return exitCode.failed;
  } finally {
    await output.close();
  }
}

// After an unexpected error the state of the process is unknown; a new process recovers from the state in the cluster.
function failHard(logger: Logger, output: LogOutput): void {
  const fail = (error: unknown): void => {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    logger.error({ stack }, `Unexpected error, the process ends: ${message}`);
    void endNow(output);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}

// What nobody takes by then is lost: a process whose state is not known must not go on for long.
const lastWordsMs = 200;

/** Ends the process with what was logged so far. */
async function endNow(output: LogOutput): Promise<void> {
  await output.close(lastWordsMs);
  process.exit(exitCode.failed);
}

const [word, ...rest] = process.argv.slice(2);
if (word === undefined || word.startsWith('-')) await start(process.argv.slice(2));
else if (word === 'run') await start(rest);
else {
  // The operator needs none of it, and a pod never loads it.
  const { runSubcommand } = await import('./program/program.ts');
  process.exitCode = await runSubcommand(word, rest);
}

async function start(argv: readonly string[]): Promise<void> {
  const parsed = parseOptions(argv, process.env);
  switch (parsed.kind) {
    case 'help': {
      const { programHelp } = await import('./program/program.ts');
      process.stdout.write(programHelp());
      break;
    }
    case 'version':
      process.stdout.write(`${productVersion}\n`);
      break;
    case 'unreadable': {
      const { grammarFault } = await import('./program/program.ts');
      refuse(grammarFault(argv) ?? parsed.message);
      break;
    }
    case 'invalid':
      refuse(parsed.message);
      break;
    case 'run':
      process.exit(await run(parsed.options));
  }
}

function refuse(message: string): void {
  process.stderr.write(`alibaba-pca-issuer: ${message}\n`);
  process.exitCode = exitCode.usage;
}
