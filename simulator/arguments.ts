// The command line of the simulator.
import { parseArgs } from 'node:util';
import type { SimulatorOptions } from './simulator.ts';

/** The command that the command line gives; `message` names its fault in a sentence. */
export type SimulatorCommand =
  | { readonly kind: 'start'; readonly options: SimulatorOptions; readonly json: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string };

/** The text of `--help`. */
export const simulatorHelp = `A simulated Alibaba Cloud PCA on this machine until Ctrl-C, for tests only.

  --port N                  port to listen on; 0, the default, is any free one
  --host ADDRESS            address to listen on; default 127.0.0.1
  --protocol HTTP|HTTPS     default HTTP; for HTTPS it makes a CA of its own
  --access-key-id ID        key that is accepted, with --access-key-secret; default a new one at each start
  --access-key-secret TEXT
  --json                    one line of JSON when it is ready, for programs
  --help, -h                this text`;

const flags = {
  port: { type: 'string', default: '0' },
  host: { type: 'string', default: '127.0.0.1' },
  protocol: { type: 'string', default: 'HTTP' },
  'access-key-id': { type: 'string' },
  'access-key-secret': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

const highestPort = 65_535;

/** Reads the arguments behind the program's name. Pure. */
export function parseSimulatorArguments(args: readonly string[]): SimulatorCommand {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: flags }));
  } catch (error) {
    return { kind: 'invalid', message: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return { kind: 'help' };
  const { host, protocol, json, 'access-key-id': accessKeyId, 'access-key-secret': accessKeySecret } = values;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > highestPort)
    return { kind: 'invalid', message: `--port is a number from 0 to ${highestPort}, not "${values.port}".` };

  if (protocol !== 'HTTP' && protocol !== 'HTTPS')
    return { kind: 'invalid', message: `--protocol is HTTP or HTTPS, not "${protocol}".` };

  const where = { port, host, protocol } as const;
  if (accessKeyId === undefined && accessKeySecret === undefined) return { kind: 'start', options: where, json };
  if (!accessKeyId || !accessKeySecret)
    return { kind: 'invalid', message: '--access-key-id and --access-key-secret go together, and neither is empty.' };

  return { kind: 'start', options: { ...where, accessKeys: [{ accessKeyId, accessKeySecret }] }, json };
}
