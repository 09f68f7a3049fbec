// Log lines: form and redaction.
import { array, assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogFields } from '../../../src/runtime/log-fields.ts';
import { createLogger } from '../../../src/runtime/logger.ts';

function linesOf(format: string, log: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  log(createLogger({ level: 'info', format, write: (line) => void lines.push(line) }));
  return lines;
}

it('writes one JSON object per line with level, time, fields and message', () => {
  const [line, ...rest] = linesOf('json', (logger) => {
    logger.debug({}, 'not shown');
    logger.info({ request: 'shop/web-1' }, 'Issued.');
  });
  expect(rest).toEqual([]);
  expect(JSON.parse(line ?? '')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    request: 'shop/web-1',
    msg: 'Issued.',
  });
});

describe('as text', () => {
  const escape = String.fromCodePoint(0x1b);
  const rightToLeft = String.fromCodePoint(0x20_2e);
  const nextLine = String.fromCodePoint(0x85);

  it.each<[string, LogFields, string, string]>([
    ['a message', {}, 'Stopping.', 'WARN  Stopping.'],
    [
      'fields of each form',
      { request: 'shop/web-1', names: 2, rules: ['shop', 'bank'] },
      'Not issued yet.',
      'WARN  Not issued yet. request="shop/web-1" names=2 rules=["shop","bank"]',
    ],
    ['no field where it has no value', { requestId: undefined }, 'Issued.', 'WARN  Issued.'],
    [
      'what would steer a terminal, as escapes',
      { key: `${escape}[2J${nextLine}`, reason: `a ${rightToLeft}b" c=1` },
      `PCA says ${escape}[31m\r\nfalse.`,
      String.raw`WARN  PCA says \u001b[31m\u000d\u000afalse. key="\u001b[2J\u0085" reason="a \u202eb\" c=1"`,
    ],
  ])('%s', (_what, fields, message, line) => {
    const lines = linesOf('text', (logger) => logger.warn(fields, message));
    expect(lines.map((each) => each.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, ''))).toEqual([`${line}\n`]);
  });

  it('is one line without control characters, whatever it is about', () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', format: 'text', write: (line) => void lines.push(line) });
    const text = string({ unit: 'binary' });
    assert(
      property(text, text, array(text, { maxLength: 3 }), (message, key, missing) => {
        logger.error({ key, missing }, message);
        expect(lines.splice(0)).toEqual([expect.stringMatching(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u)]);
      }),
    );
  });
});

it.each(['json', 'text'])('never writes what could be a secret, at any of three depths, as %s', (format) => {
  const secret = 'S3CRET';
  const lines = linesOf(format, (logger) =>
    logger.info(
      // As if the compiler had been deceived.
      {
        accessKeySecret: secret,
        a: { securityToken: secret, b: { authorization: secret } },
        csr: secret,
        body: secret,
      } as object,
      'Message.',
    ),
  );
  expect(lines.join('')).not.toContain(secret);
  expect(lines.join('')).toContain('[redacted]');
});
