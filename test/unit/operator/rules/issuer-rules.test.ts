// The file of rules: read once, in YAML or JSON, and what is told where it cannot be.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issuerRulesOf } from '../../../../src/operator/rules/issuer-rules.ts';
import { hostsOf } from '../../controllers/issuers/tenancy/rules.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rules-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function read(text: string | Buffer): Promise<unknown> {
  const file = join(folder, 'rules.yaml');
  await writeFile(file, text);
  try {
    const rules = await issuerRulesOf(file, hostsOf());
    return rules?.rules.map(({ name }) => name);
  } catch (error) {
    return String(error).replaceAll(folder, '');
  }
}

const json = JSON.stringify({ contact: '#pki', rules: [{ name: 'a', cluster: true }] });

describe('a file of rules', () => {
  it('is not needed', async () => {
    expect(await issuerRulesOf('', hostsOf())).toBeUndefined();
  });

  it.each<[string, string, unknown]>([
    ['YAML', 'contact: "#pki"\nrules:\n  - name: a\n    namespaces: ["team-*"]\n', ['a']],
    ['JSON', json, ['a']],
    ['nothing', '', 'Error: --issuer-rules: /rules.yaml: The file must be a mapping with contact, rules.'],
    [
      'a key that stands there twice',
      'contact: a\ncontact: b\n',
      'Error: --issuer-rules: /rules.yaml is neither YAML nor JSON: Map keys must be unique at line 2, column 1:',
    ],
    [
      'several faults',
      'contact: ""\nrules:\n  - {}\n  - {}\n',
      'Error: --issuer-rules: /rules.yaml: contact must be a sentence or an address of at most 200 characters in one line: whom the owner of a refused issuer asks. rules[0].name must be a name of at most 63 letters, digits, ., - and _. rules[0] is for no issuer: set namespaces, for AlibabaPCAIssuers, or cluster: true, for AlibabaPCAClusterIssuers. rules[1].name must be a name of at most 63 letters, digits, ., - and _. rules[1] is for no issuer: set namespaces, for AlibabaPCAIssuers, or cluster: true, for AlibabaPCAClusterIssuers. And 1 more.',
    ],
    [
      'more than a ConfigMap can hold',
      `# ${'x'.repeat(1_048_576)}\n${json}`,
      'Error: --issuer-rules: /rules.yaml cannot be read: it is larger than 1 MiB',
    ],
  ])('may hold %s', async (_, text, expected) => {
    expect(await read(text)).toEqual(expected);
  });

  it('that is not there is told by its name', async () => {
    const file = join(folder, 'missing.yaml');
    await expect(issuerRulesOf(file, hostsOf())).rejects.toThrow(
      `--issuer-rules: ${file} cannot be read: ENOENT: no such file or directory`,
    );
  });

  it('makes nothing but a sentence of whatever it holds', async () => {
    const odd = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '-', '[', '{', '&', '*', '!', '"', '#', '|', '%') }),
      fc.uint8Array().map((octets) => Buffer.from(octets)),
    );
    await fc.assert(
      fc.asyncProperty(odd, async (text) => {
        expect(await read(typeof text === 'string' ? text : Buffer.from(text))).toMatch(/^Error: --issuer-rules: /);
      }),
      { numRuns: 200 },
    );
  });
});
