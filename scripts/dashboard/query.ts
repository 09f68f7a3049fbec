// Queries of the dashboard in PromQL: names and labels of metrics are checked by the compiler against their catalogue.
import { metricCatalogue } from '../../src/runtime/metric-catalogue.ts';
import type { MetricName, NamesOf } from '../../src/runtime/metric-catalogue.ts';
import { growth, plainSeries } from '../alerts/series.ts';
import type { LabelName, Matchers } from '../alerts/series.ts';

/** One query of a panel; `legend` names its series in Grafana's words. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** Metrics that every process of Node.js has, which the library of the metrics gives. */
export type ProcessMetric =
  'process_resident_memory_bytes' | 'process_cpu_seconds_total' | 'nodejs_eventloop_lag_p99_seconds';

const ofRelease = 'namespace=~"$namespace"';
const ofIssuers = `${ofRelease}, issuer=~"$issuer"`;
const interval = '$__rate_interval';

/** An issuer as a legend, short enough for a narrow panel; one of the whole cluster has nothing before the slash. */
export const theIssuer = '{{issuer_namespace}}/{{issuer}}';
/** Labels of an issuer. */
export const byIssuer = ['issuer_kind', 'issuer_namespace', 'issuer'] as const;

/** The series of a metric with these labels, those that the variables of the dashboard choose. */
export function chosen<Name extends MetricName>(name: Name, matchers?: Matchers<LabelName<Name>>): string {
  const labels: readonly string[] = metricCatalogue[name].labels;
  return plainSeries(name, matchers, labels.includes('issuer') ? ofIssuers : ofRelease);
}

/** A metric of the process. */
export function ofProcess(name: ProcessMetric): string {
  return `${name}{${ofRelease}}`;
}

/** The sum of a gauge over the replicas, by labels. */
export function sum<Name extends NamesOf<'gauge'>>(
  name: Name,
  by: readonly LabelName<Name>[],
  matchers?: Matchers<LabelName<Name>>,
): string {
  return `sum${grouped(by)} (${chosen(name, matchers)})`;
}

/** The greatest value of a gauge among the replicas, by labels. */
export function greatest<Name extends NamesOf<'gauge'>>(
  name: Name,
  by: readonly LabelName<Name>[],
  matchers?: Matchers<LabelName<Name>>,
): string {
  return `max${grouped(by)} (${chosen(name, matchers)})`;
}

/** By how much a counter grows in a second, by labels. */
export function rate<Name extends NamesOf<'counter'>>(
  name: Name,
  by: readonly LabelName<Name>[],
  matchers?: Matchers<LabelName<Name>>,
): string {
  return `sum${grouped(by)} (rate(${chosen(name, matchers)}[${interval}]))`;
}

/** How many events a counter counted since about the point before, by labels; also the one with which a series begins. */
export function events<Name extends NamesOf<'counter'>>(
  name: Name,
  by: readonly LabelName<Name>[],
  matchers?: Matchers<LabelName<Name>>,
): string {
  return growth(by, chosen(name, matchers), interval);
}

/**
 * How many events a counter counted in the time that is shown, by replicas that are gone too; 0 where there is none yet.
 * increase() alone would not count the event with which a series begins.
 */
export function total<Name extends NamesOf<'counter'>>(name: Name, matchers?: Matchers<LabelName<Name>>): string {
  const counter = chosen(name, matchers);
  const increase = `increase(${counter}[$__range])`;
  const first = `(min_over_time(${counter}[$__range]) unless ${counter} offset $__range)`;
  return `sum(${increase} + (${first} or ${increase} * 0)) or vector(0)`;
}

/** Within how many seconds this share of a histogram's observations lay, by labels. */
export function quantile<Name extends NamesOf<'histogram'>>(
  share: number,
  name: Name,
  by: readonly LabelName<Name>[],
): string {
  const buckets = chosen(name).replace(name, `${name}_bucket`);
  return `histogram_quantile(${share}, sum${grouped(['le', ...by])} (rate(${buckets}[${interval}])))`;
}

/** Seconds since a moment that a gauge tells. */
export function secondsSince(moment: string): string {
  return `time() - ${moment}`;
}
/** Seconds until a moment that a gauge tells. */
export function secondsUntil(moment: string): string {
  return `${moment} - time()`;
}

function grouped(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')})`;
}
