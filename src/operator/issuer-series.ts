// Series of metrics by issuer: for those alone that exist. Anybody may write a request that names an issuer nobody has made,
// and each name would be a series for the life of the process.
import { issuerKey } from '../crds/issuer-ref.ts';
import { issuerKind } from '../crds/issuer.ts';
import type { LabelsOf } from '../runtime/metric-catalogue.ts';
import type { Metrics } from '../runtime/metrics.ts';

type IssuerLabels = LabelsOf<'pca_issuer_issuer_ready'>;

/**
 * The metrics with one series for all issuers that do not exist, of empty name, and without the series of an issuer that is
 * gone. `exists` is asked with the key of an issuer.
 */
export function ofExistingIssuers(metrics: Metrics, exists: (key: string) => boolean): Metrics {
  /** How to remove the series of each issuer, by its key and their labels. */
  const counted = new Map<string, Map<string, () => void>>();
  metrics.beforeRender(() => {
    for (const [key, series] of counted) {
      if (exists(key)) continue;
      for (const remove of series.values()) remove();
      counted.delete(key);
    }
  });
  /** The labels under which something is counted for the issuer that they name, if any. */
  const kept = <Labels extends object>(labels: Labels, name: string, remove: () => void): Labels => {
    const key = keyOf(labels);
    if (key === undefined) return labels;
    if (!exists(key)) return { ...labels, issuer_namespace: '', issuer: '' };
    const series = counted.get(key) ?? new Map<string, () => void>();
    counted.set(key, series);
    series.set(JSON.stringify([name, labels]), remove);
    return labels;
  };
  return {
    ...metrics,
    count: (name, labels, by) =>
      metrics.count(
        name,
        kept(labels, name, () => metrics.remove(name, labels)),
        by,
      ),
    observe: (name, labels, seconds) =>
      metrics.observe(
        name,
        kept(labels, name, () => metrics.remove(name, labels)),
        seconds,
      ),
  };
}

/** The key of the issuer that labels name, if they name one. */
function keyOf(labels: Readonly<Partial<Record<keyof IssuerLabels, string>>>): string | undefined {
  const { issuer_kind: kindName, issuer_namespace: namespace, issuer: name } = labels;
  const kind = issuerKind(kindName);
  if (kind === undefined || name === undefined) return undefined;
  return issuerKey({ kind, namespace: namespace === '' ? undefined : namespace, name });
}
