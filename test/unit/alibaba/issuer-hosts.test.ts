// The hosts that issuers may name, and how an administrator writes them.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIssuerHosts } from '../../../src/alibaba/issuer-hosts.ts';
import type { IssuerHosts } from '../../../src/alibaba/issuer-hosts.ts';
import { settings } from '../../../src/runtime/options.ts';

function hosts(text: string): IssuerHosts {
  const parsed = parseIssuerHosts(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.message);
  return parsed.hosts;
}

describe('a list', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['', [], ['cas.aliyuncs.com', '127.0.0.1']],
    [
      'pca.example',
      ['pca.example', 'PCA.Example', 'pca.example:443', 'pca.example:80'],
      ['pca.example:8443', 'a.pca.example'],
    ],
    ['pca.example:8443', ['pca.example:8443'], ['pca.example', 'pca.example:443']],
    ['pca.example:*', ['pca.example', 'pca.example:1'], ['example:1']],
    ['*.example', ['a.example', 'a.b.example'], ['example', 'aexample', 'a.example.com', 'example.a']],
    ['cas.*.example', ['cas.a.example'], ['cas.example', 'cas.a.b.example', 'x.a.example']],
    ['*.a.*.example', ['x.a.b.example', 'x.y.a.b.example'], ['a.b.example', 'x.a.example']],
    ['*:*', ['a', 'a.example:9', '10.0.0.1', '[::1]:9'], []],
    ['127.0.0.1:*', ['127.0.0.1', '127.0.0.1:9', '127.1:9', '2130706433:9'], ['127.0.0.2', 'localhost:9']],
    ['[::1]:9', ['[::1]:9', '[0:0::1]:9'], ['[::1]', '[::2]:9']],
    ['*.0.0.1', [], ['127.0.0.1']],
    [' a.example , , b.example:9 ', ['a.example', 'b.example:9'], ['b.example']],
  ])('%j allows %j and not %j', (text, allowed, refused) => {
    const list = hosts(text);
    expect([allowed.filter((host) => list.allows(host)), refused.filter((host) => list.allows(host))]).toEqual([
      allowed,
      [],
    ]);
  });

  test.each([
    'http://pca.example',
    'pca.example/x',
    'a b',
    'pca.example:',
    'pca.example:99999999',
    'pca.example:99999',
    'pca.example:0',
    'a..b',
    'a*.b',
    '-a',
    '[::1',
    'a@b',
  ])('with %j is none', (text) => {
    expect(parseIssuerHosts(`ok.example,${text}`)).toEqual({
      kind: 'invalid',
      message: `"${text}" is no host: write a name such as pca.example.com:8443, or *.example.com for all below it.`,
    });
  });

  test('names addresses where it names them themselves', () => {
    const named = hosts('pca.example,10.0.0.7:8443,[fd00::1]:*,localhost:9,*.example').addresses;
    expect(named).toEqual(['10.0.0.7', 'fd00::1', '127.0.0.1', '::1']);
  });

  test('without wildcards allows nothing but what it holds, whatever an issuer writes', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(name, name, (listed, named) => {
        fc.pre(URL.parse(`https://${listed}`) !== null && listed !== named);
        const hostname = URL.parse(`https://${named}`)?.hostname;
        expect(hosts(listed).allows(named)).toBe(hostname === URL.parse(`https://${listed}`)?.hostname);
      }),
    );
  });
});

test.each([
  ['cas.aliyuncs.com', true],
  ['cas-vpc.cn-hangzhou.aliyuncs.com', true],
  ['cas.ap-southeast-1.aliyuncs.com', true],
  ['cas.cn-shanghai-finance-1.aliyuncs.com', true],
  ['cas-vpc.cn-north-2-gov-1.aliyuncs.com', true],
  ['sts.aliyuncs.com', true],
  ['sts.cn-hangzhou.aliyuncs.com', true],
  ['sts-vpc.eu-central-1.aliyuncs.com:443', true],
  ['cas.aliyuncs.com:8443', false],
  ['my-bucket.oss-cn-hangzhou.aliyuncs.com', false],
  ['alb-1.cn-hangzhou.alb.aliyuncs.com', false],
  ['cas.aliyuncs.com.example', false],
  ['169.254.169.254', false],
  ['kubernetes.default.svc', false],
])('by default issuers may name %s: %s', (host, allowed) => {
  expect(hosts(settings['issuer-hosts'].default).allows(host)).toBe(allowed);
});
