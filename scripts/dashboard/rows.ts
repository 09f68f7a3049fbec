// The rows of the dashboard: what to look at first, then requests, issuers, Alibaba Cloud, and the operator itself.
import {
  byIssuer,
  chosen,
  events,
  greatest,
  ofProcess,
  quantile,
  rate,
  secondsSince,
  secondsUntil,
  sum,
  theIssuer,
  total,
} from './query.ts';
import type { Panel, Row, Step } from './panel.ts';
import type { MetricName, NamesOf } from '../../src/runtime/metric-catalogue.ts';

const day = 86_400;
const least = (color: Step['color']): Step => ({ color, value: null });
const badFrom = (value: number): readonly Step[] => [least('green'), { color: 'red', value }];
const goodFrom = (orange: number, green: number): readonly Step[] => [
  least('red'),
  { color: 'orange', value: orange },
  { color: 'green', value: green },
];

const oldest = (approval: string): string =>
  secondsSince(`min(${chosen('pca_issuer_oldest_open_request_timestamp_seconds', { approval })})`);

const overview: Row = {
  title: 'At a glance',
  panels: [
    {
      title: 'Issuers not ready',
      description: 'How many issuers are not Ready. Their conditions say why: kubectl describe.',
      type: 'stat',
      unit: 'none',
      width: 4,
      queries: [
        { expr: `count(${greatest('pca_issuer_issuer_ready', byIssuer)} == 0) or vector(0)`, legend: 'not ready' },
      ],
      steps: badFrom(1),
    },
    {
      title: 'Certificates',
      description: 'Certificates that were written to their requests in the time that is shown.',
      type: 'stat',
      unit: 'short',
      width: 4,
      queries: [{ expr: total('pca_issuer_certificate_requests_total', { result: 'issued' }), legend: 'issued' }],
    },
    {
      title: 'Failed for good',
      description: 'Requests that failed for good in the time that is shown; the row below tells the reasons.',
      type: 'stat',
      unit: 'short',
      width: 4,
      queries: [{ expr: total('pca_issuer_certificate_requests_total', { result: 'failed' }), legend: 'failed' }],
      steps: badFrom(1),
    },
    {
      title: 'Oldest approved request',
      description:
        'For how long the oldest approved request has been open. The alert AlibabaPCAIssuerRequestPending has a runbook.',
      type: 'stat',
      unit: 'dtdurations',
      width: 4,
      noValue: 'none',
      queries: [{ expr: oldest('Approved'), legend: 'open' }],
      steps: badFrom(1_800),
    },
    {
      title: 'First CA to end',
      description: 'Time until the first subordinate CA of an issuer ends.',
      type: 'stat',
      unit: 'dtdurations',
      width: 4,
      queries: [{ expr: secondsUntil(`min(${chosen('pca_issuer_ca_not_after_timestamp_seconds')})`), legend: 'CA' }],
      steps: goodFrom(30 * day, 90 * day),
    },
    {
      title: 'Version',
      description: 'Versions of the replicas. Two of them outside a roll-out: somebody should look.',
      type: 'stat',
      unit: 'none',
      width: 4,
      queries: [{ expr: sum('pca_issuer_build_info', ['version', 'revision']), legend: '{{version}} {{revision}}' }],
      showsName: true,
    },
  ],
};

const byReason = (title: string, description: string, name: NamesOf<'counter'> & ReasonMetric): Panel => ({
  title,
  description,
  type: 'timeseries',
  unit: 'short',
  queries: [{ expr: events(name, [...byIssuer, 'reason']), legend: `{{reason}}: ${theIssuer}` }],
});
type ReasonMetric = Extract<
  MetricName,
  `pca_issuer_certificate_request${string}_${'refused' | 'retries' | 'held'}_total`
>;

const requests: Row = {
  title: 'Requests and certificates',
  panels: [
    {
      title: 'Finished requests',
      description: 'Requests that came to an end, by result.',
      type: 'timeseries',
      unit: 'cps',
      queries: [{ expr: rate('pca_issuer_certificate_requests_total', ['result']), legend: '{{result}}' }],
    },
    {
      title: 'From approval to certificate',
      description:
        'Within what time half, 95 % and 99 % of the certificates were written to their requests. Approvals are kept to the second.',
      type: 'timeseries',
      unit: 's',
      queries: [
        { expr: quantile(0.5, 'pca_issuer_approval_to_certificate_seconds', []), legend: '50 %' },
        { expr: quantile(0.95, 'pca_issuer_approval_to_certificate_seconds', []), legend: '95 %' },
        { expr: quantile(0.99, 'pca_issuer_approval_to_certificate_seconds', []), legend: '99 %' },
      ],
    },
    {
      title: 'Approval to certificate, 95 %, by issuer',
      description: 'The same for each issuer and operation of PCA.',
      type: 'timeseries',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'pca_issuer_approval_to_certificate_seconds', [...byIssuer, 'operation']),
          legend: `{{operation}}: ${theIssuer}`,
        },
      ],
    },
    {
      title: 'Open requests',
      description: 'Requests without an end: Approved ones are pending, Undecided ones wait for an approver.',
      type: 'timeseries',
      unit: 'short',
      queries: [{ expr: sum('pca_issuer_open_requests', ['approval']), legend: '{{approval}}' }],
    },
    {
      title: 'Age of the oldest open request',
      description: 'An issuer without a name stands for those that do not exist.',
      type: 'timeseries',
      unit: 'dtdurations',
      queries: [
        { expr: oldest('Approved'), legend: 'Approved' },
        { expr: oldest('Undecided'), legend: 'Undecided' },
      ],
    },
    byReason(
      'Refused',
      'Requests that failed for good, by reason: docs/conditions-and-errors.md. Each point counts what came since the point before.',
      'pca_issuer_certificate_requests_refused_total',
    ),
    byReason(
      'Retried',
      'Attempts that met passing trouble, by reason. Each point counts what came since the point before.',
      'pca_issuer_certificate_request_retries_total',
    ),
    byReason(
      'Held',
      'Requests that the operator held by itself, by reason. Each point counts what came since the point before.',
      'pca_issuer_certificate_requests_held_total',
    ),
    {
      title: 'Adopted, without request, revoked',
      description:
        'Certificates that were found instead of called for, that nobody waits for any more, and that were revoked. Each point counts what came since the point before.',
      type: 'timeseries',
      unit: 'short',
      queries: [
        { expr: events('pca_issuer_certificates_adopted_total', []), legend: 'adopted' },
        { expr: events('pca_issuer_certificates_without_request_total', []), legend: 'without request' },
        { expr: events('pca_issuer_abandoned_calls_total', ['result']), legend: 'call without request: {{result}}' },
        { expr: events('pca_issuer_revocations_total', ['result']), legend: 'revocation: {{result}}' },
      ],
    },
  ],
};

const endOf = (title: string, description: string, name: NamesOf<'gauge'> & EndMetric): Panel => ({
  title,
  description,
  type: 'timeseries',
  unit: 'dtdurations',
  queries: [{ expr: secondsUntil(greatest(name, byIssuer)), legend: theIssuer }],
});
type EndMetric = Extract<
  MetricName,
  `pca_issuer_${'ca_not_after' | 'credentials_end' | 'subscription_end'}_timestamp_seconds`
>;

const issuers: Row = {
  title: 'Issuers',
  panels: [
    {
      title: 'Ready',
      description: 'Whether each issuer is Ready.',
      type: 'state-timeline',
      unit: 'none',
      width: 12,
      queries: [{ expr: greatest('pca_issuer_issuer_ready', byIssuer), legend: theIssuer }],
      steps: [least('red'), { color: 'green', value: 1 }],
      words: { 0: ['Not ready', 'red'], 1: ['Ready', 'green'] },
    },
    {
      title: 'Conditions and warnings',
      description: 'Conditions of issuers that are False, and what they warn of.',
      type: 'timeseries',
      unit: 'none',
      width: 12,
      queries: [
        {
          expr: `${greatest('pca_issuer_issuer_condition', [...byIssuer, 'type'])} == 0`,
          legend: `not {{type}}: ${theIssuer}`,
        },
        {
          expr: `${greatest('pca_issuer_issuer_warning', [...byIssuer, 'reason'])} == 1`,
          legend: `{{reason}}: ${theIssuer}`,
        },
      ],
    },
    endOf(
      'Until the CA ends',
      'Time until the subordinate CA of each issuer ends.',
      'pca_issuer_ca_not_after_timestamp_seconds',
    ),
    endOf(
      'Until credentials end',
      'Time until temporary credentials end. They are renewed well before: a line that only falls is trouble.',
      'pca_issuer_credentials_end_timestamp_seconds',
    ),
    endOf(
      'Until the subscription ends',
      'Time until the subscription of the CA ends, where PCA tells it.',
      'pca_issuer_subscription_end_timestamp_seconds',
    ),
    {
      title: 'Certificates that remain of the quota',
      description: 'What PCA tells of the quota of the CA, and what was used of it in the last week, by whomever.',
      type: 'timeseries',
      unit: 'short',
      queries: [
        { expr: greatest('pca_issuer_certificates_remaining', byIssuer), legend: `remaining: ${theIssuer}` },
        { expr: greatest('pca_issuer_certificates_used_last_week', byIssuer), legend: `last week: ${theIssuer}` },
      ],
    },
    {
      title: 'CA that issues, instances that remain',
      description:
        'With spec.failover: 0 the own CA, 1 the first entry, and so on. With spec.externalCA: instances that are left.',
      type: 'timeseries',
      unit: 'none',
      queries: [
        { expr: greatest('pca_issuer_failover_entry', byIssuer), legend: `entry: ${theIssuer}` },
        { expr: greatest('pca_issuer_ca_instances_remaining', byIssuer), legend: `instances: ${theIssuer}` },
      ],
    },
    {
      title: 'Time since the last check',
      description: 'Each issuer is checked every --issuer-check-interval.',
      type: 'timeseries',
      unit: 'dtdurations',
      queries: [
        { expr: secondsSince(greatest('pca_issuer_issuer_last_check_timestamp_seconds', byIssuer)), legend: theIssuer },
      ],
    },
  ],
};

const cloud: Row = {
  title: 'Calls to Alibaba Cloud',
  panels: [
    {
      title: 'Calls',
      description: 'Calls by action and outcome: ok, or the class of the error.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [{ expr: rate('pca_issuer_pca_calls_total', ['action', 'outcome']), legend: '{{action}}: {{outcome}}' }],
    },
    {
      title: 'Duration, 95 %',
      description: 'Within what time 95 % of the calls of an action were answered.',
      type: 'timeseries',
      unit: 's',
      queries: [{ expr: quantile(0.95, 'pca_issuer_pca_call_duration_seconds', ['action']), legend: '{{action}}' }],
    },
    {
      title: 'Limit and queue',
      description:
        'Calls per second that the account may make as the operator found it, and requests that wait for their turn. 1 at held: several calls in a row got no answer.',
      type: 'timeseries',
      unit: 'short',
      queries: [
        {
          expr: greatest('pca_issuer_call_limit_per_second', ['account', 'region', 'action']),
          legend: 'per second: {{action}} {{account}}',
        },
        {
          expr: sum('pca_issuer_calls_waiting', ['account', 'region', 'action']),
          legend: 'waiting: {{action}} {{account}}',
        },
        {
          expr: greatest('pca_issuer_endpoint_held', ['account', 'region', 'action']),
          legend: 'held: {{action}} {{account}}',
        },
      ],
    },
  ],
};

const operator: Row = {
  title: 'The operator',
  panels: [
    {
      title: 'Leaders',
      description: 'Replicas that hold the Lease: one, except for moments of a roll-out.',
      type: 'timeseries',
      unit: 'none',
      queries: [{ expr: sum('leader_election_master_status', ['name']), legend: '{{name}}' }],
    },
    {
      title: 'Reconciles',
      description: 'Reconciles by controller and result. error is a defect of the operator: the log has it.',
      type: 'timeseries',
      unit: 'cps',
      queries: [
        {
          expr: rate('controller_runtime_reconcile_total', ['controller', 'result']),
          legend: '{{controller}}: {{result}}',
        },
      ],
    },
    {
      title: 'Requests to the API server',
      description: 'By method and status code.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [{ expr: rate('rest_client_requests_total', ['method', 'code']), legend: '{{method}} {{code}}' }],
    },
    {
      title: 'Queues',
      description: 'Keys that wait for a worker.',
      type: 'timeseries',
      unit: 'short',
      queries: [{ expr: sum('workqueue_depth', ['name']), legend: '{{name}}' }],
    },
    {
      title: 'Time in the queue, 95 %',
      description: 'Within what time 95 % of the keys got a worker.',
      type: 'timeseries',
      unit: 's',
      queries: [{ expr: quantile(0.95, 'workqueue_queue_duration_seconds', ['name']), legend: '{{name}}' }],
    },
    {
      title: 'Hangs, trouble of watches, lost lines and spans',
      description:
        'Reconciles that hang, which is a defect of the operator: the log has it. Watches that were interrupted, silent or refused, and lines that whoever reads standard output did not take in time.',
      type: 'timeseries',
      unit: 'short',
      queries: [
        { expr: events('pca_issuer_hung_reconciles_total', ['controller']), legend: '{{controller}}: hangs' },
        { expr: events('pca_issuer_watch_trouble_total', ['resource', 'kind']), legend: '{{resource}}: {{kind}}' },
        { expr: events('pca_issuer_log_lines_lost_total', []), legend: 'lines lost' },
        { expr: events('pca_issuer_trace_spans_total', [], { result: 'lost' }), legend: 'spans lost' },
      ],
    },
    {
      title: 'Clock ahead of the API server',
      description: 'Times in certificates are of PCA; a wrong clock only confuses what is measured here.',
      type: 'timeseries',
      unit: 's',
      width: 6,
      queries: [{ expr: `abs(${chosen('pca_issuer_clock_offset_seconds')})`, legend: '{{pod}}' }],
    },
    {
      title: 'Memory',
      description: 'Memory of each replica.',
      type: 'timeseries',
      unit: 'bytes',
      width: 6,
      queries: [{ expr: ofProcess('process_resident_memory_bytes'), legend: '{{pod}}' }],
    },
    {
      title: 'CPU',
      description: 'Share of one core that each replica uses.',
      type: 'timeseries',
      unit: 'percentunit',
      width: 6,
      queries: [{ expr: `rate(${ofProcess('process_cpu_seconds_total')}[$__rate_interval])`, legend: '{{pod}}' }],
    },
    {
      title: 'Lag of the event loop, 99 %',
      description: 'More than a tenth of a second for long: too much work for one core.',
      type: 'timeseries',
      unit: 's',
      width: 6,
      queries: [{ expr: ofProcess('nodejs_eventloop_lag_p99_seconds'), legend: '{{pod}}' }],
    },
  ],
};

/** All rows, from top to bottom. */
export const rows: readonly Row[] = [overview, requests, issuers, cloud, operator];
