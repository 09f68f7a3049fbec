// Log lines: form and redaction.
import { expect, it } from 'vitest';
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

it('writes text on request', () => {
  const [line] = linesOf('text', (logger) => logger.warn({ request: 'shop/web-1' }, 'Not issued yet.'));
  expect(line?.replace(/^\S+/, '<time>')).toBe('<time> WARN  Not issued yet. request="shop/web-1"\n');
});

it('never writes what could be a secret, at any of three depths', () => {
  const secret = 'S3CRET';
  const lines = linesOf('json', (logger) =>
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
