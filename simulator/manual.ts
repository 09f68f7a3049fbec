// What the simulator is for and what can be said to it.
import type { Manual } from '../src/command-line/flags.ts';

/** The manual of the simulator. */
export const simulatorManual = {
  command: 'npm run simulator',
  before: '--',
  summary: 'Starts the simulator of PCA on this machine, until Ctrl-C',
  details: 'For tests only: nothing is kept, and the keys of its CAs are new at each start.',
  flags: {
    port: { kind: 'count', least: 0, most: 65_535, default: 0, help: 'port to listen on; 0 is any free one' },
    host: { kind: 'text', value: 'ADDRESS', default: '127.0.0.1', help: 'address to listen on' },
    protocol: {
      kind: 'choice',
      choices: ['HTTP', 'HTTPS'],
      default: 'HTTP',
      help: 'for HTTPS it makes a CA of its own',
    },
    'access-key-id': {
      kind: 'text',
      value: 'ID',
      help: 'key that is accepted, with --access-key-secret; default a new one at each start',
    },
    'access-key-secret': { kind: 'text', value: 'TEXT', help: 'its secret' },
    json: { kind: 'switch', help: 'one line of JSON when it is ready, for programs' },
  },
  exitCodes: { 0: 'stopped by Ctrl-C', 2: 'the arguments are wrong, or it cannot listen there' },
  needs: 'nothing but Node.',
} as const satisfies Manual;
