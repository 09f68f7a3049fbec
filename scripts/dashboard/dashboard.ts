// The dashboard as Grafana imports it; a ConfigMap of the chart holds it.
import { placed } from './panel.ts';
import type { MetricName } from '../../src/runtime/metric-catalogue.ts';
import { rows } from './rows.ts';

// Of Grafana 10.0; later ones read it and bring it to their own.
const schemaVersion = 38;

/** The file of the dashboard below the chart. */
export const dashboardFile = 'dashboards/alibaba-pca-issuer.json';

/** The dashboard in JSON. */
export function renderDashboard(): string {
  const dashboard = {
    uid: 'alibaba-pca-issuer',
    title: 'Alibaba PCA issuer',
    description:
      'Certificates of Alibaba Cloud Private CA for cert-manager: requests, issuers, calls, and the operator.',
    tags: ['cert-manager', 'alibaba-cloud', 'pca'],
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    schemaVersion,
    time: { from: 'now-6h', to: 'now' },
    timezone: '',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        variable('namespace', 'Namespace', 'pca_issuer_build_info', ''),
        variable('issuer', 'Issuer', 'pca_issuer_issuer_ready', '{namespace=~"$namespace"}'),
      ],
    },
    annotations: { list: [] },
    panels: placed(rows),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** A choice among the values that a label of the same name has in a metric. */
function variable(name: string, label: string, metric: MetricName, matchers: string): object {
  const query = `label_values(${metric}${matchers}, ${name})`;
  return {
    name,
    label,
    type: 'query',
    datasource: { type: 'prometheus', uid: '${datasource}' },
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}
