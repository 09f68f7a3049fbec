// `npm run simulator`: a simulated PCA on this machine until Ctrl-C; `-- --help` says what can be chosen.
import { asksForHelp } from '../src/command-line/flags.ts';
import { helpText } from '../src/command-line/help.ts';
import { simulatorManual } from './manual.ts';
import { startSimulator } from './simulator.ts';
import type { SimulatorHandle, SimulatorOptions } from './simulator.ts';

const usageError = 2;

const parameters = process.argv.slice(2);
if (asksForHelp(parameters)) process.stdout.write(helpText(simulatorManual));
else await obey();

async function obey(): Promise<void> {
  // Not needed by `--help`.
  const { parseSimulatorArguments } = await import('./arguments.ts');
  const command = parseSimulatorArguments(parameters);
  if (command.kind === 'start') await serve(command.options, command.json);
  if (command.kind !== 'wrong') return;
  console.error(command.message);
  process.exitCode = usageError;
}

async function serve(options: SimulatorOptions, json: boolean): Promise<void> {
  const simulator = await started(options);
  if (simulator === undefined) return;
  const { endpoint, adminUrl, accessKey, cas, tlsCaPem } = simulator;
  if (json) console.log(JSON.stringify({ endpoint, adminUrl, accessKey, cas, tlsCaPem }));
  else {
    console.log(`Simulated Alibaba Cloud PCA, for tests only: nothing is kept, the CAs' keys are new at each start.

  endpoint           ${endpoint} (${options.protocol ?? 'HTTP'})
  access key id      ${accessKey.accessKeyId}
  access key secret  ${accessKey.accessKeySecret}
  admin              ${adminUrl}
  CAs                ${cas.map(({ identifier, algorithm, kind }) => `${identifier} (${kind}, ${algorithm})`).join('\n                     ')}

${tlsCaPem === undefined ? '' : `CA of its TLS certificate (caBundle of the issuers):\n\n${tlsCaPem}\n`}Ctrl-C ends it.`);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void simulator.close().then(() => process.exit(0));
    });
  }
}

/** Undefined where its address cannot be listened on, which is told. */
async function started(options: SimulatorOptions): Promise<SimulatorHandle | undefined> {
  try {
    return await startSimulator(options);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'].includes(code)) throw error;
    console.error(`The simulator cannot listen there (${code}). Choose another --port or --host.`);
    process.exitCode = usageError;
    return undefined;
  }
}
