import { expect, it } from 'vitest';
import { parseSimulatorArguments } from '../../../simulator/arguments.ts';

const where = { port: 0, host: '127.0.0.1', protocol: 'HTTP' };

it.each([
  [[], { kind: 'start', options: where, json: false }],
  [
    ['--port', '8443', '--host', '0.0.0.0', '--protocol', 'HTTPS', '--json'],
    { kind: 'start', options: { port: 8443, host: '0.0.0.0', protocol: 'HTTPS' }, json: true },
  ],
  [
    ['--access-key-id=id', '--access-key-secret=secret'],
    {
      kind: 'start',
      options: { ...where, accessKeys: [{ accessKeyId: 'id', accessKeySecret: 'secret' }] },
      json: false,
    },
  ],
  [['--help', '--port=no'], { kind: 'help' }],
  [['-h'], { kind: 'help' }],
  [['--port=70000'], { kind: 'invalid', message: '--port is a number from 0 to 65535, not "70000".' }],
  [['--port='], { kind: 'invalid', message: '--port is a number from 0 to 65535, not "".' }],
  [['--protocol=https'], { kind: 'invalid', message: '--protocol is HTTP or HTTPS, not "https".' }],
  [
    ['--access-key-id=id'],
    { kind: 'invalid', message: '--access-key-id and --access-key-secret go together, and neither is empty.' },
  ],
  [
    ['--access-key-id=id', '--access-key-secret='],
    { kind: 'invalid', message: '--access-key-id and --access-key-secret go together, and neither is empty.' },
  ],
  [['--prot=HTTP'], { kind: 'invalid', message: "Unknown option '--prot'" }],
])('%j is %o', (args, expected) => {
  expect(parseSimulatorArguments(args)).toEqual(expected);
});
