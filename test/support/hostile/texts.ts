// Texts that patterns go over again and again, as messages of the service and as what should be a certificate. A refusal of
// more than 64 KiB is not read; the longest that is shows what the patterns do.
import { body, filled, refusal } from './answers.ts';
import { planted, plantedForms, saying } from './hostility.ts';
import type { Hostility } from './hostility.ts';

const longestRead = 60_000;
const asked = 200_000;
const inMessages = /unknown code|internal error|larger than any/;
const inFields =
  /cannot be read|has no \w+|holds no (?:list|certificate)|not what was asked for|is larger than any|holds more values/;

/** One text, repeated, in messages and in every field where a text is read. */
function repeated(kind: string, part: string): readonly Hostility[] {
  const text = (length: number): string => part.repeat(Math.ceil(length / part.length)).slice(0, length);
  const messages = [refusal(text(longestRead)), refusal(text(asked)), refusal(text(longestRead), 503)];
  const fields = body(({ action }) => filled(action, JSON.stringify(text(asked))));
  return [saying(`messages of ${kind}`, messages, inMessages), saying(`fields of ${kind}`, fields, inFields)];
}

const lineEnds = 'The 1st line\r\nHTTP/1.1 200 OK\n{"level":50,"msg":"forged"}\u2028\u0000\u001b[2J\u0007\u202e\ud800';
const secret = planted.accessKeySecret;
const echoed = plantedForms.join(' and ');
const denied = { AuthAction: echoed, AuthPrincipalDisplayName: echoed };

/** These. */
export const texts: readonly Hostility[] = [
  ...repeated('a.a.a.', 'a.'),
  ...repeated('backslashes', '\\'),
  ...repeated('backslashes and r', '\\r'),
  ...repeated('dashes', '-'),
  ...repeated('a-a-a-', 'a-'),
  ...repeated('spaces', ' '),
  ...repeated('line ends', '\r\n'),
  ...repeated('-----BEGIN', '-----BEGIN'),
  ...repeated('-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'),
  ...repeated('-----END CERTIFICATE-----', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE'),
  ...repeated('opaque words', `${'A'.repeat(39)} `),
  ...repeated('addresses', 'http://a'),
  ...repeated('what looks signed', 'server canonical string to sign is '),
  ...repeated('escapes', '%25'),
  saying('a message with line ends, control characters and half a character', refusal(lineEnds), /unknown code/),
  saying(
    "a message with the issuer's secret and the request's CSR",
    [
      body(
        ({ parameters }) =>
          JSON.stringify({ RequestId: secret, Code: 'Odd', Message: `${echoed} ${parameters.get('Csr')}` }),
        400,
        { 'x-acs-request-id': secret },
      ),
      body(JSON.stringify({ Code: secret, Message: echoed.repeat(100) }), 400),
      body(JSON.stringify({ Code: 'Odd', Message: echoed, AccessDeniedDetail: denied }), 403),
    ],
    /unknown code/,
  ),
];
