// The dashboard as Grafana reads it, and its queries as Grafana sends them.
import type { Unit } from '../../../scripts/dashboard/panel.ts';
import type { Prometheus, Range, Series } from '../../support/prometheus.ts';

/** One panel; a row has no targets. */
export interface PanelModel {
  readonly type: 'row' | 'timeseries' | 'stat' | 'state-timeline';
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: Unit;
      readonly decimals?: number;
      readonly noValue?: string;
      readonly thresholds: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] };
      readonly mappings: readonly { readonly options: Readonly<Record<string, { readonly text: string }>> }[];
    };
  };
  readonly options?: { readonly textMode?: string };
}
interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant: boolean;
}

/** A dashboard. */
export interface DashboardModel {
  readonly title: string;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
  readonly panels: readonly PanelModel[];
}

/** A series under the name that its legend gives it. */
export interface Named {
  readonly name: string;
  readonly values: Series['values'];
}
/** A panel with the answers to its queries, one list for each. */
export interface Answered {
  readonly panel: PanelModel;
  readonly answers: readonly (readonly Named[])[];
}

// What $namespace and $issuer stand for at All.
const all = '.*';
// Four times the interval of scrapes, as Grafana makes it.
const rateSeconds = 4;

/** Asks everything that a panel wants, about one issuer or, as with the variable at All, about each. */
export async function answered(
  prometheus: Prometheus,
  panel: PanelModel,
  range: Range,
  issuer = all,
): Promise<Answered> {
  const answers = (panel.targets ?? []).map(async ({ expr, legendFormat, instant }) => {
    const query = interpolated(expr, range, issuer);
    const series = await (instant ? prometheus.instant(query, range.end) : prometheus.range(query, range));
    return series.map(({ labels, values }) => ({ name: legend(legendFormat, labels), values }));
  });
  return { panel, answers: await Promise.all(answers) };
}

/** What each variable that asks Prometheus may be. */
export async function choices(
  prometheus: Prometheus,
  { templating }: DashboardModel,
  range: Range,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const { name, type, definition = '' } of templating.list) {
    if (type !== 'query') continue;
    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
    found[name] = await prometheus.labelValues(label, interpolated(selector, range, all));
  }
  return found;
}

function interpolated(query: string, { start, end }: Range, issuer: string): string {
  return query
    .replaceAll('$__rate_interval', `${rateSeconds}s`)
    .replaceAll('$__range', `${Math.round(end - start)}s`)
    .replaceAll('$namespace', all)
    .replaceAll('$issuer', issuer);
}

function legend(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}
