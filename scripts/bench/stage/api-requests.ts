// What the API server was asked, by its own count. Pure but for the fetch, which is the caller's.

/** Requests by verb and resource, such as `PATCH certificaterequests/status`. */
export type ApiRequests = Readonly<Record<string, number>>;

const line = /^apiserver_request_total\{([^}]*)\} ([0-9.e+]+)$/;
// Server-side apply is told apart from other patches by the server alone.
const verbs: Readonly<Record<string, string>> = { APPLY: 'PATCH' };

/** Reads `/metrics` of an API server; only what concerns these resources. */
export function apiRequests(metrics: string, resources: readonly string[]): ApiRequests {
  const counts: Record<string, number> = {};
  for (const text of metrics.split('\n')) {
    if (!text.startsWith('apiserver_request_total{')) continue;
    const [, labels = '', value = '0'] = line.exec(text) ?? [];
    const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    const resource = label('resource');
    if (!resources.includes(resource)) continue;
    const [verb, sub] = [label('verb'), label('subresource')];
    const key = `${verbs[verb] ?? verb} ${resource}${sub === '' ? '' : `/${sub}`}`;
    counts[key] = (counts[key] ?? 0) + Number(value);
  }
  return counts;
}

/** What was added between two counts, for each of so many certificates; what stayed is left out. */
export function requestsPerCertificate(before: ApiRequests, after: ApiRequests, certificates: number): ApiRequests {
  const added = Object.entries(after).map(
    ([key, count]) => [key, (count - (before[key] ?? 0)) / certificates] as const,
  );
  return Object.fromEntries(added.filter(([, count]) => count > 0).sort(([one], [other]) => one.localeCompare(other)));
}
