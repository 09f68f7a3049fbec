// What NO_PROXY takes past a proxy. test/integration/networks has Go's own reading beside it.
import * as fc from 'fast-check';
import { EnvHttpProxyAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { parseNoProxy } from '../../../../src/alibaba/proxies/no-proxy.ts';

const direct = (list: string, host: string, port = 443): boolean => parseNoProxy(list)({ host, port });

describe('a host is called directly', () => {
  test.each([
    ['*', 'cas.aliyuncs.com'],
    ['other, *', 'cas.aliyuncs.com'],
    ['aliyuncs.com', 'aliyuncs.com'],
    ['aliyuncs.com', 'cas.aliyuncs.com'],
    ['ALIYUNCS.com', 'cas.aliyuncs.COM'],
    ['.aliyuncs.com', 'cas.aliyuncs.com'],
    ['*.aliyuncs.com', 'cas-vpc.cn-hangzhou.aliyuncs.com'],
    ['aliyuncs.com:443', 'cas.aliyuncs.com'],
    ['a.example b.example\tc.example', 'b.example'],
    ['10.0.0.0/8', '10.1.2.3'],
    ['10.1.2.3/8', '10.200.0.1'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3:443', '10.1.2.3'],
    ['fd00::/8', 'fd00::7'],
    ['fd00::7', 'fd00:0:0::7'],
    ['[fd00::7]:443', 'fd00::7'],
    ['10.0.0.0/8', '::ffff:10.1.2.3'],
    ['', 'localhost'],
    ['', '127.8.8.8'],
    ['', '::1'],
  ])('by %j: %s', (list, host) => {
    expect(direct(list, host)).toBe(true);
  });

  test.each([
    ['', 'cas.aliyuncs.com'],
    [' , ,', 'cas.aliyuncs.com'],
    ['.aliyuncs.com', 'aliyuncs.com'],
    ['*.aliyuncs.com', 'aliyuncs.com'],
    ['aliyuncs.com', 'notaliyuncs.com'],
    ['aliyuncs.com:8443', 'cas.aliyuncs.com'],
    ['cas*', 'cas.aliyuncs.com'],
    ['10.0.0.0/8', '11.0.0.1'],
    ['10.0.0.0/33', '10.0.0.1'],
    ['10.1.2.3:80', '10.1.2.3'],
    ['10.0.0', '10.0.0.1'],
    ['10.0.0.0/8', 'ten.example'],
    ['fd00::/8', '10.0.0.1'],
    [':443', 'cas.aliyuncs.com'],
    ['https://cas.aliyuncs.com', 'cas.aliyuncs.com'],
    ['', 'localhost.example'],
    ['', '128.0.0.1'],
  ])('not by %j: %s', (list, host) => {
    expect(direct(list, host)).toBe(false);
  });
});

// A list in both notations; of a name that begins with a dot, undici also means the name itself.
const label = fc.constantFrom('a', 'b', 'cas', 'xn--p1ai');
const name = fc.array(label, { maxLength: 3 }).map((labels) => [...labels, 'example'].join('.'));
const host = fc.oneof(name, fc.constantFrom('10.0.0.1', '10.0.0.2', '[fd00::1]', '[fd00::2]'));
const entry = fc.oneof(
  fc.tuple(fc.constantFrom('', '*.'), name, fc.constantFrom('', ':443', ':8443')).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('10.0.0.1', '[fd00::1]'), fc.constantFrom(':443', ':8443')).map((parts) => parts.join('')),
  fc.constantFrom('*', '10.0.0.1', 'fd00::1'),
);
const separator = fc.constantFrom(',', ', ', ' ', ',,');

test("names, addresses and ports are read as undici's agent reads them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 3 }),
      separator,
      host,
      fc.constantFrom(443, 8443),
      async (entries, between, called, port) => {
        const list = entries.join(between);
        const read = direct(list, called.replace(/^\[(.*)\]$/, '$1'), port);
        expect(read).toBe(await isPastAgent(list, `https://${called}:${port}`));
      },
    ),
  );
});

/** Whether the agent would call a URL directly; it calls none. */
async function isPastAgent(noProxy: string, url: string): Promise<boolean> {
  const connect = (): never => {
    throw new Error('nothing is sent');
  };
  let isDirect = false;
  const agent = new EnvHttpProxyAgent({
    httpProxy: 'http://proxy:1',
    httpsProxy: 'http://proxy:1',
    noProxy,
    connect,
    factory: (_origin: unknown, options: { readonly connect?: unknown }) => {
      isDirect = options.connect === connect;
      throw new Error('nothing is sent');
    },
  });
  await agent.request({ origin: url, path: '/', method: 'GET' }).catch(() => undefined);
  await agent.destroy();
  return isDirect;
}
