// Series of the operator's metrics in PromQL: the compiler checks names and labels against the catalogue of the metrics.
import type { metricCatalogue, MetricName } from '../../src/runtime/metric-catalogue.ts';

type Catalogue = typeof metricCatalogue;
/** Name of a label of a metric. */
export type LabelName<Name extends MetricName> = Catalogue[Name]['labels'][number];
type HistogramName = {
  [Name in MetricName]: Catalogue[Name]['type'] extends 'histogram' ? Name : never;
}[MetricName];
/** A value, or several of which one has to fit. */
export type Matchers<Label extends string> = Readonly<Partial<Record<Label, string | readonly string[]>>>;

/** Labels of everything about one issuer. */
export const ofIssuer = ['issuer_kind', 'issuer_namespace', 'issuer'] as const;

/** The issuer of an alert in its summary. */
export const theIssuer =
  '{{ if $labels.issuer }}{{ $labels.issuer_kind }} {{ with $labels.issuer_namespace }}{{ . }}/{{ end }}{{ $labels.issuer }}{{ else }}an issuer that does not exist{{ end }}';

// How the chart's template says which series are those of the release: all matchers, and further ones.
const ofRelease = '{{ $all }}';
const andOfRelease = ',{{ $of }}';

/** The series of a metric with these labels, those of the release alone. */
export function series<Name extends MetricName>(name: Name, matchers?: Matchers<LabelName<Name>>): string {
  return `${name}${selector(matchers)}`;
}

/** The series of a metric with these labels, for readers other than the chart's template; `further` are matchers in PromQL. */
export function plainSeries<Name extends MetricName>(
  name: Name,
  matchers: Matchers<LabelName<Name>> | undefined,
  further: string,
): string {
  return series(name, matchers).replace(andOfRelease, `, ${further}`).replace(ofRelease, `{${further}}`);
}

/** The buckets of a histogram. */
export function buckets<Name extends HistogramName>(name: Name, matchers?: Matchers<LabelName<Name>>): string {
  return `${name}_bucket${selector(matchers)}`;
}

/**
 * By how much a counter has grown within a time, by labels. Unlike increase(), it counts the event with which a series begins;
 * after a restart it counts from nothing.
 */
export function growth(labels: readonly string[], counter: string, within: string): string {
  return `sum by (${labels.join(', ')}) (${counter} - ((${counter} offset ${within} <= ${counter}) or ${counter} * 0))`;
}

/** The share of some calls in all of them, by labels. */
export function share(labels: readonly string[], some: string, all: string): string {
  const rate = (counter: string): string => `sum by (${labels.join(', ')}) (rate(${counter}[10m]))`;
  return `${rate(some)} / ${rate(all)}`;
}

/** An expression as a reader of the docs writes it, with these thresholds, for all series. */
export function plain(expr: string, thresholds: Readonly<Record<string, { readonly default: number }>>): string {
  return Object.entries(thresholds)
    .reduce((text, [name, value]) => text.replaceAll(`{{ .thresholds.${name} }}`, String(value.default)), expr)
    .replaceAll(ofRelease, '')
    .replaceAll(andOfRelease, '');
}

function selector(matchers: Matchers<string> = {}): string {
  const all = Object.entries(matchers).map(([label, value]) => {
    const values = typeof value === 'string' ? [value] : (value ?? []);
    return `${label}${values.length === 1 ? '=' : '=~'}"${values.join('|')}"`;
  });
  return all.length === 0 ? ofRelease : `{${all.join(', ')}${andOfRelease}}`;
}
