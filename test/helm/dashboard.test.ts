// The dashboard of the chart: Prometheus reads its queries, and Grafana's sidecar finds it.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, expect, it } from 'vitest';

import { promtoolProgram } from '../../control-plane/driver/programs.ts';
import { dashboardFile, renderDashboard } from '../../scripts/dashboard/dashboard.ts';
import { buildHelm, buildMs, chart, render } from '../support/helm.ts';
import { neighbourProgram } from '../support/neighbours/program.ts';

const runFile = promisify(execFile);

beforeAll(buildHelm, buildMs);

const dashboards = async (dashboard: object) =>
  (await render({ metrics: { dashboard } })).filter(({ metadata }) => metadata.name.endsWith('-grafana'));

interface PanelModel {
  readonly title: string;
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly expr: string }[];
}
const { panels } = JSON.parse(renderDashboard()) as { readonly panels: readonly PanelModel[] };

/** The queries as Grafana sends them. */
function queries(): readonly string[] {
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '6h').replaceAll(/\$\w+/g, '.*'));
}

// What a query counts, by the names that Prometheus gives metrics, and the units that say so.
const units: readonly (readonly [query: RegExp, units: readonly string[]])[] = [
  [/^rate\(process_cpu_seconds_total/, ['percentunit']],
  [/_timestamp_seconds/, ['dtdurations']],
  [/_seconds(?:_bucket)?\{/, ['s']],
  [/_bytes\{/, ['bytes']],
  [/\brate\(/, ['cps', 'reqps']],
  [/./, ['none', 'short']],
];

it.each(panels.filter(({ targets }) => targets !== undefined))(
  'the unit of "$title" is that of each query',
  (panel) => {
    for (const { expr } of panel.targets!)
      expect(units.find(([query]) => query.test(expr))![1]).toContain(panel.fieldConfig!.defaults.unit);
  },
);

it(
  'its queries are sound in the eyes of Prometheus',
  async () => {
    const promtool = await neighbourProgram(promtoolProgram);
    const folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    try {
      const file = join(folder, 'rules.yaml');
      const rules = queries().map((expr, index) => ({ record: `query:${index}`, expr }));
      await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { stdout } = await runFile(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', file]);
      expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  buildMs,
);

it('is in a ConfigMap where the sidecar of Grafana looks for it', async () => {
  const [configMap, ...others] = await dashboards({
    enabled: true,
    namespace: 'monitoring',
    annotations: { grafana_folder: 'PKI' },
  });
  expect(others).toEqual([]);
  expect(configMap).toMatchObject({
    kind: 'ConfigMap',
    metadata: {
      namespace: 'monitoring',
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'PKI' },
    },
  });
  const data = configMap?.['data'] as Readonly<Record<string, string>>;
  expect(Object.keys(data)).toEqual(['alibaba-pca-issuer.json']);
  const file = await readFile(join(chart, dashboardFile), 'utf8');
  expect(JSON.parse(data['alibaba-pca-issuer.json'] ?? '')).toEqual(JSON.parse(file));
});

it('is there for those alone who want it', async () => {
  expect(await dashboards({})).toEqual([]);
});
