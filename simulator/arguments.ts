// The command line of the simulator.
import { readCommandLine, withHelp } from '../src/command-line/reading.ts';
import { simulatorManual } from './manual.ts';
import type { SimulatorOptions } from './simulator.ts';

/** The command that the command line gives; `message` names its fault in a sentence. */
export type SimulatorCommand =
  | { readonly kind: 'start'; readonly options: SimulatorOptions; readonly json: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

/** Reads the arguments behind the program's name. Pure. */
export function parseSimulatorArguments(args: readonly string[]): SimulatorCommand {
  const read = readCommandLine(simulatorManual, args);
  if (read.kind !== 'run') return read;
  const {
    port,
    host,
    protocol,
    json,
    'access-key-id': accessKeyId,
    'access-key-secret': accessKeySecret,
  } = read.values;
  const where = { port, host, protocol };
  if (accessKeyId === undefined && accessKeySecret === undefined) return { kind: 'start', options: where, json };
  if (accessKeyId === undefined || accessKeySecret === undefined)
    return { kind: 'wrong', message: withHelp('--access-key-id and --access-key-secret go together', simulatorManual) };

  return { kind: 'start', options: { ...where, accessKeys: [{ accessKeyId, accessKeySecret }] }, json };
}
