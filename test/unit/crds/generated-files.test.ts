// What follows from the schema and from the chart's values is on disk as `npm run generate` writes it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { customResourceDefinition } from '../../../src/crds/custom-resource-definition.ts';
import { issuerKinds } from '../../../src/crds/issuer.ts';
import { renderValues, valuesTable } from '../../../scripts/generate/chart-values.ts';
import { renderFiles } from '../../../scripts/generate/files.ts';
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = renderFiles(read);

describe('generated files', () => {
  it('are these', () => {
    expect(Object.keys(files).toSorted()).toEqual([
      'CONTRIBUTING.md',
      'deploy/crds/pca.alibabacloud.com_alibabapcaclusterissuers.yaml',
      'deploy/crds/pca.alibabacloud.com_alibabapcaissuers.yaml',
      'docs/alerts.md',
      'docs/at-most-once.md',
      'docs/benchmarks-latency.svg',
      'docs/benchmarks-memory.svg',
      'docs/benchmarks-rates.svg',
      'docs/benchmarks.md',
      'docs/command-line.md',
      'docs/compatibility.md',
      'docs/conditions-and-errors.md',
      'docs/configuration.md',
      'docs/failover.md',
      'docs/issuer-reference.md',
      'docs/logs.md',
      'docs/mesh/README.md',
      'docs/mesh/istio.md',
      'docs/mesh/signers.md',
      'docs/mesh/sizing.md',
      'docs/metrics.md',
      'docs/networks.md',
      'docs/operations.md',
      'docs/soak.md',
      'docs/soak.svg',
      'docs/zh/compatibility.md',
      'docs/zh/mesh/istio.md',
      'docs/zh/mesh/signers.md',
      'docs/zh/mesh/sizing.md',
      'docs/zh/networks.md',
      'helm/alibaba-pca-issuer/README.md',
      'helm/alibaba-pca-issuer/dashboards/alibaba-pca-issuer.json',
      'helm/alibaba-pca-issuer/templates/crd-alibabapcaclusterissuers.yaml',
      'helm/alibaba-pca-issuer/templates/crd-alibabapcaissuers.yaml',
      'helm/alibaba-pca-issuer/templates/prometheusrule.yaml',
      'helm/alibaba-pca-issuer/values.schema.json',
      'helm/alibaba-pca-issuer/values.yaml',
    ]);
  });

  it.each(Object.entries(files))('%s is up to date (else: npm run generate)', (path, content) => {
    expect(read(path)).toBe(content);
  });

  it.each(issuerKinds)('the YAML of $kind reads back as the definition', (kind) => {
    const yaml = files[`deploy/crds/pca.alibabacloud.com_${kind.plural}.yaml`] ?? '';
    expect(parse(yaml)).toEqual(JSON.parse(JSON.stringify(customResourceDefinition(kind))));
  });
});

describe('the values of the chart', () => {
  const schema = JSON.stringify({
    properties: {
      global: { type: 'object', description: 'Not shown.' },
      name: { type: 'string', description: 'A | B.', default: '' },
      group: {
        description: 'Group.',
        properties: { list: { type: 'array', description: 'List.', default: ['a'] } },
      },
    },
  });

  it('are written with their descriptions above them', () => {
    expect(renderValues(schema))
      .toBe(`# Generated from values.schema.json by \`npm run generate\`; edit descriptions and defaults there.

# A | B.
name: ''

# Group.
group:
  # List.
  list:
    - a
`);
  });

  it('make a table whose cells escape bars', () => {
    expect(valuesTable(schema)).toBe(`| Value | Default | Meaning |
| --- | --- | --- |
| \`name\` | \`""\` | A \\| B. |
| \`group.list\` | \`["a"]\` | List. |`);
  });
});

describe('a generated section', () => {
  it('replaces what is between its marks and nothing else', () => {
    const page = 'before\n\n<!-- generated: a -->\n\nold\n\n<!-- end of generated: a -->\n\nafter\n';
    const table = markdownTable(['Head'], [['x']]);
    expect(replaceSection(page, 'a', table)).toBe(`before

<!-- generated: a -->

<!-- prettier-ignore-start -->

| Head |
| --- |
| x |

<!-- prettier-ignore-end -->

<!-- end of generated: a -->

after
`);
  });

  it('is replaced by the same again', () => {
    const page = '<!-- generated: a -->\n\n<!-- end of generated: a -->\n';
    const once = replaceSection(page, 'a', 'text');
    expect(replaceSection(once, 'a', 'text')).toBe(once);
  });

  it('is an error where the marks are missing', () => {
    expect(() => replaceSection('page', 'a', 'b')).toThrow(
      'the page has no section between <!-- generated: a --> and <!-- end of generated: a -->',
    );
  });
});
