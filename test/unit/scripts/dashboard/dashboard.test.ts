// The dashboard: what it asks for exists, and each thing has its place.
import { expect, it } from 'vitest';
import { renderDashboard } from '../../../../scripts/dashboard/dashboard.ts';
import { metricCatalogue } from '../../../../src/runtime/metric-catalogue.ts';
import { createMetrics } from '../../../../src/runtime/metrics.ts';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Place;
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

const { panels, templating } = JSON.parse(renderDashboard()) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
};
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Metrics that say the same as another one that is shown, or that only alerts and searchers need. */
const notShown = [
  'pca_issuer_other_operator_total',
  'pca_issuer_issuer_clock_offset_seconds',
  'controller_runtime_reconcile_time_seconds',
  'controller_runtime_reconcile_errors_total',
  'controller_runtime_active_workers',
  'controller_runtime_max_concurrent_reconciles',
  'workqueue_delayed',
  'workqueue_adds_total',
  'workqueue_retries_total',
  'workqueue_work_duration_seconds',
  'workqueue_unfinished_work_seconds',
  'workqueue_longest_running_processor_seconds',
];

it('shows each metric of the catalogue, and no other', async () => {
  const names = queries.flatMap((query) => [...query.matchAll(/(\w+)\{/g)].map(([, name = '']) => name));
  const asked = new Set(names.map((name) => name.replace(/_bucket$/, '')));
  const ours = Object.keys(metricCatalogue);
  expect(ours.filter((name) => !asked.has(name)).toSorted()).toEqual(notShown.toSorted());
  const { text } = await createMetrics().render();
  const served = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  expect([...asked].filter((name) => !served.has(name))).toEqual([]);
});

it('its queries ask for what its variables choose', () => {
  const used = queries.flatMap((query) => [...query.matchAll(/\$(\w+)/g)].map(([, name = '']) => name));
  const given = templating.list.map(({ name }) => name).filter((name) => name !== 'datasource');
  expect(new Set(used)).toEqual(new Set([...given, '__rate_interval', '__range']));
  expect(queries.filter((query) => !query.includes('namespace=~"$namespace"'))).toEqual([]);
});

it('its panels have a place and a number each, and the queries of a panel a letter', () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { targets = [] } of panels)
    expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C', 'D', 'E', 'F'].slice(0, targets.length));
});
