// What a release says of itself: its changes, and the chart's and the workflows' words.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { root } from '../../../scripts/command.ts';
import { readChangelog, sectionOf } from '../../../scripts/release/changelog.ts';
import { icon, publishedChart, publishedValues } from '../../../scripts/release/chart.ts';
import type { Published } from '../../../scripts/release/chart.ts';
import { blocksOf, commandsOf } from '../../support/pages.ts';
import { manualOf } from '../../../scripts/task/help.ts';
import { tasks } from '../../../scripts/task/tasks.ts';
import { readCommandLine } from '../../../src/command-line/reading.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const packageJson = JSON.parse(read('package.json')) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};

describe('a changelog', () => {
  it('is read as changes by version', () => {
    const text = `# Changelog

Words.

## Unreleased

## 1.2.0 - 2026-12-01

### Added

- One thing,
  on two lines.
- Another.

### Security

- A third.
`;
    expect(readChangelog(text).map(({ version, date, changes }) => ({ version, date, changes }))).toEqual([
      { version: 'Unreleased', date: undefined, changes: [] },
      {
        version: '1.2.0',
        date: '2026-12-01',
        changes: [
          { kind: 'added', description: 'One thing, on two lines.' },
          { kind: 'added', description: 'Another.' },
          { kind: 'security', description: 'A third.' },
        ],
      },
    ]);
  });

  it.each([
    ['## v1.0\n', 'The changelog\'s heading "v1.0" is no version.'],
    ['## 1.0.0\n\nWords.\n', 'In the changelog of 1.0.0, "Words." is no change.'],
    ['## 1.0.0\n\n### New\n', 'In the changelog of 1.0.0, "### New" is no change.'],
    ['## 1.0.0\n\n- A change.\n', 'In the changelog of 1.0.0, "- A change." is no change.'],
  ])('is refused: %j', (text, message) => {
    expect(() => readChangelog(text)).toThrow(message);
  });

  it('is read or refused in a sentence, whatever it is', () => {
    const piece = fc.constantFrom('## ', '### Added\n', '- x\n', '  y\n', '1.0.0', '\n', ' - 2026-01-01', 'z');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (pieces) => {
        try {
          readChangelog(pieces.join(''));
        } catch (error) {
          expect(String(error)).toMatch(/^Error: (?:The changelog's heading|In the changelog of) [\s\S]*\.$/);
        }
      }),
    );
  });

  it('has to have changes of the version that is released', () => {
    const sections = readChangelog('## Unreleased\n\n## 1.0.0\n\n### Fixed\n\n- It.\n');
    expect(sectionOf(sections, '1.0.0').text).toBe('### Fixed\n\n- It.');
    for (const version of ['Unreleased', '1.0.1']) {
      expect(() => sectionOf(sections, version)).toThrow(
        `CHANGELOG.md has no changes of ${version}. Write them under "## ${version}".`,
      );
    }
  });

  it('of this repository is of the form, with this version', () => {
    const sections = readChangelog(read('CHANGELOG.md'));
    expect(sections[0]?.version).toBe('Unreleased');
    expect(sectionOf(sections, packageJson.version).changes.length).toBeGreaterThan(0);
  });
});

describe('the chart that is published', () => {
  const published: Published = {
    version: '1.2.0',
    image: 'registry.example.com/team/alibaba-pca-issuer',
    digest: `sha256:${'a'.repeat(64)}`,
    platforms: ['linux/amd64', 'linux/arm64'],
    source: 'https://git.example.com/team/issuer',
    changes: [{ kind: 'security', description: "It's mended: `x`." }],
  };

  it('differs from that of the repository in the image alone, comments included', () => {
    const before = read('helm/alibaba-pca-issuer/values.yaml').split('\n');
    const after = publishedValues(before.join('\n'), published).split('\n');
    expect(after).toHaveLength(before.length);
    expect(after.filter((line, index) => line !== before[index])).toEqual([
      `  repository: ${published.image}`,
      expect.stringMatching(/^ {2}digest: '?sha256:a{64}'?$/),
    ]);
  });

  it('says what Artifact Hub shows', () => {
    const before = parse(read('helm/alibaba-pca-issuer/Chart.yaml')) as {
      readonly annotations: Readonly<Record<string, string>>;
    };
    const after = parse(publishedChart(read('helm/alibaba-pca-issuer/Chart.yaml'), published)) as typeof before;
    const { annotations, ...fields } = after;
    expect(fields).toEqual({
      ...Object.fromEntries(Object.entries(before).filter(([name]) => name !== 'annotations')),
      version: '1.2.0',
      appVersion: '1.2.0',
      home: published.source,
      sources: [published.source],
      icon: `${published.source}/raw/v1.2.0/${icon}`,
    });
    expect(Object.values(annotations).filter((value) => typeof value !== 'string')).toEqual([]);
    const added = Object.entries(annotations).filter(([name]) => !(name in before.annotations));
    expect(Object.fromEntries(added.map(([name, value]) => [name, parse(value) as unknown]))).toEqual({
      'artifacthub.io/changes': published.changes,
      'artifacthub.io/containsSecurityUpdates': true,
      'artifacthub.io/images': [
        {
          name: 'alibaba-pca-issuer',
          image: `${published.image}:1.2.0@${published.digest}`,
          platforms: published.platforms,
        },
      ],
      'artifacthub.io/prerelease': false,
    });
  });

  it('has an icon that the repository has, and that loads nothing', () => {
    const picture = read(icon);
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 64 64"/);
    expect(picture).not.toMatch(/href|<script|<style|url\(/);
  });

  it('has the version of the operator', () => {
    const chart = parse(read('helm/alibaba-pca-issuer/Chart.yaml')) as Readonly<Record<string, unknown>>;
    expect([chart['version'], chart['appVersion']]).toEqual([packageJson.version, packageJson.version]);
  });

  it('lists every kind of the CRDs', () => {
    const { annotations } = parse(read('helm/alibaba-pca-issuer/Chart.yaml')) as {
      readonly annotations: Readonly<Record<string, string>>;
    };
    const definitions = readdirSync(join(root, 'deploy/crds')).map(
      (file) =>
        parse(read(`deploy/crds/${file}`)) as {
          readonly metadata: { readonly name: string };
          readonly spec: {
            readonly names: { readonly kind: string };
            readonly versions: readonly { readonly name: string }[];
          };
        },
    );
    expect(parse(annotations['artifacthub.io/crds'] ?? '')).toEqual(
      definitions.map(({ metadata, spec }) => ({
        kind: spec.names.kind,
        name: metadata.name,
        version: spec.versions[0]?.name,
        displayName: spec.names.kind,
        description: expect.any(String) as unknown,
      })),
    );
    const examples = parse(annotations['artifacthub.io/crdsExamples'] ?? '') as readonly { readonly kind: string }[];
    expect(examples.map(({ kind }) => kind)).toEqual(definitions.map(({ spec }) => spec.names.kind));
  });
});

describe('docs/releases.md', () => {
  const blocks = blocksOf(read('docs/releases.md'));

  it('names this version, the workflow that signs, and files that a release has', () => {
    const commands = blocks.flatMap(commandsOf);
    const { version } = packageJson;
    expect(new Set(commands.join('\n').match(/\d+\.\d+\.\d+/g))).toEqual(new Set([version]));
    const workflows = commands.flatMap((command) => /\.github\/workflows\/\S+?\.yml/.exec(command)?.[0] ?? []);
    expect(new Set(workflows)).toEqual(new Set(['.github/workflows/release.yml']));
    expect(read(workflows[0] ?? '')).toContain('cosign sign');
    expect(commands.filter((command) => command.startsWith('tar '))).toEqual([
      `tar -xzf alibaba-pca-issuer-${version}-airgap.tar.gz && cd alibaba-pca-issuer-${version}`,
    ]);
  });
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly container?: string; readonly 'timeout-minutes'?: number; readonly steps: readonly Step[] }
    >
  >;
}

describe.each(readdirSync(join(root, '.github/workflows')))('the workflow %s', (file) => {
  const text = read(`.github/workflows/${file}`);
  const workflow = parse(text) as Workflow;
  const jobs = Object.values(workflow.jobs);

  it('uses actions and images that are the same tomorrow, with the version for people', () => {
    const lines = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(lines).not.toEqual([]);
    expect(lines.filter((line) => !/uses: [\w.-]+(?:\/[\w.-]+)+@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    const images = jobs.flatMap(({ container }) => container ?? []);
    expect(images.filter((image) => !/@sha256:[\da-f]{64}$/.test(image))).toEqual([]);
  });

  it('may do nothing that it does not say, and ends', () => {
    expect([{}, { contents: 'read' }]).toContainEqual(workflow.permissions);
    expect(jobs.filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  });

  it('puts no expression into a shell, where it could be a command', () => {
    const runs = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(runs.filter((run) => run.includes('${{'))).toEqual([]);
  });

  it('runs scripts that exist, with options that they have, on the Node that the project pins', () => {
    const commands = [...text.matchAll(/npm run ([\w:]+)(?: -- (.*))?$/gm)];
    for (const [, script = '', words = ''] of commands) {
      expect(Object.keys(packageJson.scripts)).toContain(script);
      const task = Object.values(tasks).find(({ npmScript }) => npmScript === script);
      const flags = [...words.matchAll(/(--[\w-]+) /g)].flatMap(([, flag = '']) => [flag, 'x']);
      expect(readCommandLine(manualOf(task!), flags).kind).toBe('run');
    }
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    const versions = [...text.matchAll(/node-version: (\S+)/g)].map(([, version]) => version);
    expect(new Set(versions)).toEqual(new Set(versions.length === 0 ? [] : Object.values(optionalDependencies)));
  });
});
