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
  [['--port=70000'], { kind: 'wrong', message: '--port is "70000" but must be a whole number from 0 to 65535.' }],
  [['--port='], { kind: 'wrong', message: '--port is "" but must be a whole number from 0 to 65535.' }],
  [['--protocol=https'], { kind: 'wrong', message: '--protocol is "https" but must be one of HTTP, HTTPS.' }],
  [
    ['--access-key-id=id'],
    { kind: 'wrong', message: '--access-key-id and --access-key-secret go together. See npm run simulator -- --help.' },
  ],
  [['--access-key-id=id', '--access-key-secret='], { kind: 'wrong', message: '--access-key-secret needs a value.' }],
  [
    ['--prot=HTTP'],
    { kind: 'wrong', message: "Unknown option '--prot' (did you mean --port?). See npm run simulator -- --help." },
  ],
])('%j is %o', (args, expected) => {
  expect(parseSimulatorArguments(args)).toEqual(expected);
});
