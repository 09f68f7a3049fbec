// PEM bundles that users paste into issuers.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { caBundleFault } from '../../../src/alibaba/ca-bundle.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import { selfSigned } from '../../support/self-signed.ts';

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';
const unreadable = (index: number, count: number): string =>
  `PEM block ${index} of ${count} holds no certificate that can be read, so that none from there on would be trusted. Copy the certificate of the CA again, with its first and last line.`;

let tls: Awaited<ReturnType<typeof selfSigned>>;
let pem: string;
beforeAll(async () => {
  tls = await selfSigned();
  pem = `${tls.cert}\n`;
});

describe('a bundle', () => {
  test.each<[string, (pem: string) => string]>([
    ['one certificate', (one) => one],
    ['two', (one) => one + one],
    ['text around them', (one) => `# a CA\n${one}\nand another:\n${one}# the end`],
    ['line ends of Windows', (one) => one.replaceAll('\n', '\r\n')],
    ['no line end', (one) => one.trimEnd()],
    ['blanks at the beginning', (one) => `\n\n${one}`],
  ])('of %s can be read', (_, write) => {
    expect(caBundleFault(write(pem))).toBeUndefined();
  });

  test.each<[string, (pem: string) => string, string]>([
    ['base64 of something else', () => `${begin}\nAAAA\n${end}\n`, unreadable(1, 1)],
    ['nothing between the lines', () => `${begin}\n${end}\n`, unreadable(1, 1)],
    ['no last line', (one) => one.replace(end, ''), unreadable(1, 1)],
    ['a whole one before an end that is missing', (one) => `${one}${one.slice(0, one.indexOf(end))}`, unreadable(2, 2)],
    ['everything but its end', (one) => one.slice(0, one.indexOf(end)), unreadable(1, 1)],
    ['a line that is missing', (one) => one.split('\n').toSpliced(2, 1).join('\n'), unreadable(1, 1)],
    ['one that is cut off, before a whole one', (one) => `${one.slice(0, 90)}\n${one}`, unreadable(1, 2)],
    ['a whole one before another', (one) => `${one}${begin}\nAAAA\n${end}\n${one}`, unreadable(2, 3)],
    ['all on one line', (one) => one.replaceAll('\n', ' '), unreadable(1, 1)],
    ['no block', () => 'nothing', unreadable(1, 1)],
  ])('of %s cannot', (_, write, fault) => {
    expect(caBundleFault(write(pem))).toBe(fault);
  });

  test('of any text has an answer', () => {
    const part = fc.oneof(fc.constantFrom(begin, end, '\n', 'MIIB', '-----'), fc.string(), fc.base64String());
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        // Whether it is a certificate is for OpenSSL to say; random text is none.
        expect(caBundleFault(parts.join(''))).toEqual(expect.stringMatching(/^PEM block \d+ of \d+ holds no/));
      }),
    );
  });

  // What is called unreadable is what a TLS client does not trust.
  test.each<[string, (pem: string) => string]>([
    ['text around them', (one) => `# a CA\n${one}\nand another:\n${one}# the end`],
    ['line ends of Windows', (one) => one.replaceAll('\n', '\r\n')],
    ['no line end', (one) => one.trimEnd()],
    ['one that is cut off, before a whole one', (one) => `${one.slice(0, 90)}\n${one}`],
    ['another before a whole one', (one) => `${begin}\nAAAA\n${end}\n${one}`],
    ['everything but its end', (one) => one.slice(0, one.indexOf(end))],
    ['all on one line', (one) => one.replaceAll('\n', ' ')],
  ])('of %s is trusted exactly if it can be read', async (_, write) => {
    const server = createServer(tls, (_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const caBundle = write(pem);
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sending = new HttpTransport().send(
      { host, protocol: 'HTTPS', caBundle, region: 'cn-hangzhou' },
      { method: 'POST', path: '/', headers: {}, body: Buffer.from('') },
      new AbortController().signal,
    );
    const isTrusted = await sending.then(
      () => true,
      () => false,
    );
    server.closeAllConnections();
    server.close();
    expect(isTrusted).toBe(caBundleFault(caBundle) === undefined);
  });
});
