// Entry of the process: options, operator, signals, exit code. 0: stopped as asked; 1: failed or lost the Lease; 2: wrong flags.
// With `plan` as the first argument it plans files instead, with exit codes of its own (docs/plan.md), and with `capacity`
// it computes whether PCA's limits suffice (docs/mesh/sizing.md); with `apply` it applies the issuers of the chart's values
// (docs/adr/0015-issuers-of-the-values.md), and with `doctor` it looks for what is wrong in a cluster (docs/doctor.md).
import { KubernetesClient } from './kubernetes/client.ts';
import { connect } from './operator/connect.ts';
import { Operator } from './operator/operator.ts';
import { createLogger, openLogOutput } from './runtime/logger.ts';
import type { Logger, LogOutput } from './runtime/logger.ts';
import { parseOptions } from './runtime/options.ts';
import type { Options } from './runtime/options.ts';
import { podIdentity } from './runtime/pod-identity.ts';
import { unusedVariables } from './runtime/unused-variables.ts';
import { productVersion, sourceRevision, userAgent } from './runtime/version.ts';
import { systemClock } from './timing/clock.ts';

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

const [subcommand, ...rest] = process.argv.slice(2);
if (subcommand === 'plan') {
  // The operator needs none of it, and a pod never loads it.
  const { runPlanCommand, thisProcess } = await import('./plan-command/plan-command.ts');
  process.exitCode = await runPlanCommand(rest, thisProcess);
} else if (subcommand === 'capacity') {
  const { runCapacityCommand } = await import('./capacity-command/capacity-command.ts');
  process.exitCode = runCapacityCommand(rest, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
} else if (subcommand === 'doctor') {
  // A name that is still looked up would keep the process for as long as its DNS server is silent.
  process.exit(await examine(rest));
} else if (subcommand === 'apply') process.exitCode = await applyIssuers(rest);
else await start();

/** Runs `doctor` as the pod's ServiceAccount, or with a kubeconfig, until it is done or interrupted. */
async function examine(argv: readonly string[]): Promise<number> {
  const { runDoctorCommand } = await import('./doctor-command/doctor-command.ts');
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return runDoctorCommand(argv, {
    connect: async (kubeconfig, context) => connect({ kubeconfig, context }),
    environment: process.env,
    clock: systemClock,
    signal: stopping.signal,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}

/** Runs `apply` as the pod's ServiceAccount, or with the kubeconfig of the environment. */
async function applyIssuers(manifests: readonly string[]): Promise<number> {
  const { runApplyCommand } = await import('./apply-command/apply-command.ts');
  try {
    const options = parseOptions([], process.env);
    if (options.kind !== 'run') throw new Error(options.kind === 'invalid' ? options.message : options.kind);
    const kubernetes = new KubernetesClient(await connect(options.options), { userAgent });
    const code = await runApplyCommand(manifests, {
      kubernetes,
      clock: systemClock,
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
    });
    await kubernetes.close();
    return code;
  } catch (error) {
    process.stderr.write(`alibaba-pca-issuer apply: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCode.failed;
  }
}

async function start(): Promise<void> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(parsed.text);
      break;
    case 'version':
      process.stdout.write(`${productVersion}\n`);
      break;
    case 'invalid':
      process.stderr.write(`alibaba-pca-issuer: ${parsed.message}\n`);
      process.exitCode = exitCode.usage;
      break;
    case 'run':
      process.exit(await run(parsed.options));
  }
}
