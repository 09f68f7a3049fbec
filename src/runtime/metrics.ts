// The metrics of the process, kept and shown in Prometheus' form. The only importer of the Prometheus library.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { metricCatalogue } from './metric-catalogue.ts';
import type { LabelsOf, Metric, MetricName, NamesOf } from './metric-catalogue.ts';

/** The counters of every layer above; the compiler checks names and labels. */
export interface Metrics {
  /** Raises a counter, by 1 unless told otherwise. */
  count<Name extends NamesOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  set<Name extends NamesOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Removes a series, for an object that is gone. */
  remove<Name extends MetricName>(name: Name, labels: LabelsOf<Name>): void;
  observe<Name extends NamesOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, seconds: number): void;
  /** Has `read` called before each rendering, for figures that are kept elsewhere. */
  beforeRender(read: () => void): void;
  /** The text form that Prometheus reads; `contentType` goes with it. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Builds a registry of its own with the catalogue and the usual figures about the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter<string>>();
  const gauges = new Map<string, Gauge<string>>();
  const histograms = new Map<string, Histogram<string>>();
  const readers: (() => void)[] = [];
  for (const [name, { type, help, labels, buckets = durationBuckets }] of Object.entries<Metric>(metricCatalogue)) {
    const shared = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(shared));
    else if (type === 'gauge') gauges.set(name, new Gauge(shared));
    else histograms.set(name, new Histogram({ ...shared, buckets: [...buckets] }));
  }
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc({ ...labels }, by),
    set: (name, labels, value) => gauges.get(name)?.set({ ...labels }, value),
    remove: (name, labels) => (gauges.get(name) ?? counters.get(name) ?? histograms.get(name))?.remove({ ...labels }),
    observe: (name, labels, seconds) => histograms.get(name)?.observe({ ...labels }, seconds),
    beforeRender: (read) => void readers.push(read),
    render: async () => {
      for (const read of readers) read();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
