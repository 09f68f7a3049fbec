import { describe, expect, it } from 'vitest';
import { functionsOf, ownerOf, ownerOfSource, sharesOf } from '../../../../scripts/profile/attribution.ts';
import type { CallFrame, ProfileNode } from '../../../../scripts/profile/attribution.ts';

const frame = (functionName: string, url = ''): CallFrame => ({ functionName, url, lineNumber: 0, columnNumber: 0 });
const node = (frame: CallFrame, weight: number, ...children: readonly ProfileNode[]): ProfileNode => ({
  frame,
  weight,
  children,
});
// Each file of these profiles is a source of its own.
const findSource = ({ url }: CallFrame): string | undefined =>
  url.endsWith('unknown.js') ? undefined : url.replace('file:///', '../');

const ours = (path: string, name = 'work'): CallFrame => frame(name, `file:///src/${path}`);
const library = (path: string): CallFrame => frame('lib', `file:///node_modules/${path}`);

describe('ownerOfSource', () => {
  it.each([
    ['../src/issuing/plan.ts', 'src/issuing'],
    ['../src/issuing/x509/der.ts', 'src/issuing'],
    ['../../src/controllers/requests/signing/sign.ts', 'src/controllers/requests'],
    ['../src/controllers/requests/decide.ts', 'src/controllers/requests'],
    ['../src/controllers/issuers/check.ts', 'src/controllers/issuers'],
    ['../src/main.ts', 'src'],
    ['../node_modules/undici/lib/api/index.js', 'undici'],
    ['../../elsewhere/node_modules/@peculiar/x509/build/x509.js', '@peculiar/x509'],
    ['../node_modules/httpx/node_modules/debug/src/node.js', 'debug'],
    ['../node_modules/debug/src/common.js', 'debug'],
    ['somewhere.js', 'bundle, not in its source map'],
  ])('of %s is %s', (source, owner) => {
    expect(ownerOfSource(source)).toBe(owner);
  });
});

describe('ownerOf', () => {
  it.each([
    [frame('(garbage collector)'), 'garbage collection'],
    [frame('onStreamRead', 'node:internal/stream_base_commons'), 'Node'],
    [frame('writev'), "V8's and Node's native code"],
    [frame('(program)'), "V8's and Node's native code"],
    [frame('wasm-function[3]', 'wasm://wasm/0001'), 'WebAssembly'],
    [frame('f', 'file:///unknown.js'), 'bundle, not in its source map'],
    [ours('kubernetes/store.ts'), 'src/kubernetes'],
  ])('%j is %s', (place, owner) => {
    expect(ownerOf(place, findSource)).toBe(owner);
  });
});

const tree = node(
  frame('(root)'),
  5,
  node(frame('(idle)'), 900),
  node(frame('(garbage collector)'), 10),
  node(
    ours('controllers/requests/decide.ts'),
    1,
    node(frame('verify', 'node:internal/crypto/sig'), 20, node(frame('native'), 30)),
    node(ours('issuing/plan.ts'), 2, node(library('undici/a.js'), 40, node(ours('issuing/x509/der.ts'), 3))),
  ),
  node(library('undici/b.js'), 50, node(ours('kubernetes/client.ts'), 4)),
);

describe('sharesOf', () => {
  it('gives what each took itself, and what was done for each of our rooms', () => {
    const shares = Object.fromEntries(
      sharesOf(tree, findSource).map(({ owner, self, caused }) => [owner, [self, caused]]),
    );
    expect(shares).toEqual({
      undici: [90, 50],
      "V8's and Node's native code": [30, 0],
      Node: [20, 0],
      'garbage collection': [10, 10],
      'src/issuing': [5, 45],
      'src/kubernetes': [4, 4],
      'src/controllers/requests': [1, 51],
    });
  });

  it('loses nothing and counts nothing twice', () => {
    const shares = sharesOf(tree, findSource);
    const sums = [shares.reduce((sum, { self }) => sum + self, 0), shares.reduce((sum, { caused }) => sum + caused, 0)];
    expect(sums).toEqual([160, 160]);
  });
});

describe('functionsOf', () => {
  it('takes functions of one name in one file together, the dearest first', () => {
    const both = node(
      frame('(root)'),
      0,
      node(ours('a/b.ts', 'f'), 2, node(ours('a/b.ts', 'f'), 5)),
      node(ours('a/c.ts', ''), 6),
    );
    expect(functionsOf(both, findSource)).toEqual([
      { name: 'f src/a/b.ts', self: 7 },
      { name: '(anonymous) src/a/c.ts', self: 6 },
    ]);
  });
});
