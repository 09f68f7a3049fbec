// Figures about requests that are open: how many, and since when the oldest one is. Read off the stores before each rendering.
import type { CachedRequest } from '../../controllers/requests/kinds/cached-request.ts';
import { issuerLabels, parseIssuerKey } from '../../crds/issuer-ref.ts';
import type { Store } from '../../kubernetes/store.ts';
import type { LabelsOf } from '../../runtime/metric-catalogue.ts';
import type { Metrics } from '../../runtime/metrics.ts';

type Labels = LabelsOf<'pca_issuer_open_requests'>;

interface Open {
  readonly labels: Labels;
  count: number;
  /** Milliseconds since 1970. */
  oldest: number;
}

/**
 * Shows the open requests of these stores by issuer. `exists` is asked with the key of an issuer: anybody may write a request
 * that names one nobody has made, and all of these share the series of empty name.
 */
export function openRequestReader(
  metrics: Pick<Metrics, 'set' | 'remove'>,
  stores: readonly Pick<Store<CachedRequest>, 'list'>[],
  exists: (issuer: string) => boolean,
): () => void {
  let shown: ReadonlyMap<string, Open> = new Map();
  return () => {
    const found = openRequests(stores, exists);
    for (const [key, { labels }] of shown) {
      if (found.has(key)) continue;
      metrics.remove('pca_issuer_open_requests', labels);
      metrics.remove('pca_issuer_oldest_open_request_timestamp_seconds', labels);
    }
    for (const { labels, count, oldest } of found.values()) {
      metrics.set('pca_issuer_open_requests', labels, count);
      metrics.set('pca_issuer_oldest_open_request_timestamp_seconds', labels, oldest / 1_000);
    }
    shown = found;
  };
}

function openRequests(
  stores: readonly Pick<Store<CachedRequest>, 'list'>[],
  exists: (issuer: string) => boolean,
): ReadonlyMap<string, Open> {
  const found = new Map<string, Open>();
  for (const store of stores) {
    for (const { issuer, approval, createdAt } of store.list()) {
      const known = issuer !== undefined && exists(issuer) ? issuer : '';
      const key = `${known} ${approval}`;
      const open = found.get(key);
      if (open === undefined) found.set(key, { labels: labelsOf(known, approval), count: 1, oldest: createdAt });
      else {
        open.count += 1;
        open.oldest = Math.min(open.oldest, createdAt);
      }
    }
  }
  return found;
}

function labelsOf(issuer: string, approval: CachedRequest['approval']): Labels {
  const identity = parseIssuerKey(issuer);
  const none = { issuer_kind: '', issuer_namespace: '', issuer: '' };
  return { ...(identity === undefined ? none : issuerLabels(identity)), approval };
}
