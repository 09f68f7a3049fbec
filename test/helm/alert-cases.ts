// For each alert, series with which it fires, as promtool writes them (a step is a minute), and series with which it does not.
import type { AlertName } from '../../scripts/alerts/catalogue.ts';
import type { MetricName } from '../../src/runtime/metric-catalogue.ts';

type Labels = Readonly<Record<string, string>>;
/** One series: its metric, its labels beside those of the release, and its values. */
export type Input = readonly [metric: MetricName | `${MetricName}_bucket`, labels: Labels, values: string];

/** When an alert fires and when not, each at this time. */
export interface AlertCase {
  readonly at: string;
  readonly fires: readonly Input[];
  /** The labels of the alert beside its severity. */
  readonly labels: Labels;
  readonly summary: string;
  readonly quiet: readonly Input[];
  /** It fires where nothing is seen of the release, whatever is seen of others. */
  readonly isAbsence?: true;
}

const pca: Labels = { issuer_kind: 'AlibabaPCAIssuer', issuer_namespace: 'shop', issuer: 'pca' };
// An empty label is none to Prometheus.
const shared: Labels = { issuer_kind: 'AlibabaPCAClusterIssuer', issuer_namespace: '', issuer: 'shared' };
const sharedFound: Labels = { issuer_kind: 'AlibabaPCAClusterIssuer', issuer: 'shared' };
const nobody: Labels = { issuer_kind: '', issuer_namespace: '', issuer: '' };
const limit: Labels = { account: '1', region: 'cn-hangzhou', action: 'CreateCustomCertificate' };
const action = { action: 'CreateCustomCertificate' };

const warning = (reason: string): Pick<AlertCase, 'fires' | 'labels' | 'quiet'> => ({
  fires: [['pca_issuer_issuer_warning', { ...pca, reason }, '1x20']],
  labels: { ...pca, reason },
  quiet: [['pca_issuer_issuer_warning', { ...pca, reason: 'Another' }, '1x20']],
});

/** From nothing: the counter begins with its first event. */
const firstEvent = (metric: MetricName, labels: Labels): readonly Input[] => [[metric, labels, '_x9 1x20']];
/** An event of long ago. */
const oldEvent = (metric: MetricName, labels: Labels): readonly Input[] => [[metric, labels, '1x100']];

const calls = (outcome: string, share: number): readonly Input[] => [
  ['pca_issuer_pca_calls_total', { ...action, outcome }, `0+${share}x60`],
  ['pca_issuer_pca_calls_total', { ...action, outcome: 'ok' }, `0+${100 - share}x60`],
];

const durations = (within: string): readonly Input[] =>
  ['1', '5', '10', '+Inf'].map((le) => [
    'pca_issuer_pca_call_duration_seconds_bucket',
    { ...action, le },
    le === '+Inf' || Number(le) >= Number(within) ? '0+60x60' : '0x60',
  ]);

export const alertCases: Readonly<Record<AlertName, AlertCase>> = {
  AlibabaPCAIssuerOperatorDown: {
    at: '20m',
    fires: [['pca_issuer_clock_offset_seconds', {}, '0x5 stale']],
    labels: { namespace: 'issuers' },
    summary: 'No replica of the operator is seen.',
    quiet: [['pca_issuer_clock_offset_seconds', {}, '0x20']],
    isAbsence: true,
  },
  AlibabaPCAIssuerNoLeader: {
    at: '20m',
    fires: [['pca_issuer_clock_offset_seconds', {}, '0x20']],
    labels: { namespace: 'issuers', controller: 'issuer' },
    summary: 'The operator runs, and no replica of it issues.',
    quiet: [
      ['pca_issuer_clock_offset_seconds', {}, '0x20'],
      ['controller_runtime_max_concurrent_reconciles', { controller: 'issuer' }, '8x20'],
    ],
  },
  AlibabaPCAIssuerOtherOperator: {
    at: '20m',
    fires: firstEvent('pca_issuer_other_operator_total', pca),
    labels: pca,
    summary: 'Somebody else works on requests of AlibabaPCAIssuer shop/pca.',
    quiet: oldEvent('pca_issuer_other_operator_total', pca),
  },
  AlibabaPCAIssuerDefect: {
    at: '20m',
    fires: firstEvent('pca_issuer_hung_reconciles_total', { controller: 'certificaterequest' }),
    labels: { controller: 'certificaterequest' },
    summary: 'The operator has met a defect of its own in the controller certificaterequest.',
    quiet: oldEvent('controller_runtime_reconcile_errors_total', { controller: 'certificaterequest' }),
  },
  AlibabaPCAIssuerWatchTrouble: {
    at: '40m',
    fires: [['pca_issuer_watch_trouble_total', { resource: 'certificaterequests', kind: 'silent' }, '0+1x40']],
    labels: { resource: 'certificaterequests', kind: 'silent' },
    summary: 'Watches on certificaterequests are in trouble again and again (silent).',
    quiet: [['pca_issuer_watch_trouble_total', { resource: 'certificaterequests', kind: 'silent' }, '0x30 5x10']],
  },
  AlibabaPCAIssuerAPIServerErrors: {
    at: '40m',
    fires: [
      ['rest_client_requests_total', { method: 'get', code: '503' }, '0+1x40'],
      ['rest_client_requests_total', { method: 'get', code: 'none' }, '0+1x40'],
      ['rest_client_requests_total', { method: 'get', code: '200' }, '0+8x40'],
    ],
    labels: {},
    summary: 'The API server does not answer the operator, or answers with errors.',
    quiet: [
      ['rest_client_requests_total', { method: 'get', code: '503' }, '0+1x40'],
      ['rest_client_requests_total', { method: 'get', code: '404' }, '0+20x40'],
    ],
  },
  AlibabaPCAIssuerClockOff: {
    at: '20m',
    fires: [['pca_issuer_clock_offset_seconds', {}, '-120x20']],
    labels: {},
    summary: "The clocks of the operator's node and of the API server differ by 2m 0s.",
    quiet: [['pca_issuer_clock_offset_seconds', {}, '30x20']],
  },
  AlibabaPCAIssuerLogLinesLost: {
    at: '20m',
    fires: [['pca_issuer_log_lines_lost_total', {}, '0x15 3x10']],
    labels: {},
    summary: 'The operator has lost lines of its log.',
    quiet: [['pca_issuer_log_lines_lost_total', {}, '3x30']],
  },
  AlibabaPCAIssuerNotChecked: {
    at: '25m',
    fires: [['pca_issuer_issuer_last_check_timestamp_seconds', shared, '60x30']],
    labels: sharedFound,
    summary: 'AlibabaPCAClusterIssuer shared is not checked any more.',
    quiet: [['pca_issuer_issuer_last_check_timestamp_seconds', shared, '0+60x30']],
  },
  AlibabaPCAIssuerNotReady: {
    at: '20m',
    fires: [['pca_issuer_issuer_ready', pca, '0x30']],
    labels: pca,
    summary: 'AlibabaPCAIssuer shop/pca is not ready.',
    quiet: [['pca_issuer_issuer_ready', pca, '0x10 1x20']],
  },
  AlibabaPCAIssuerCAEndsVerySoon: {
    at: '5m',
    ...warning('CAEndsVerySoon'),
    summary: 'The CA of AlibabaPCAIssuer shop/pca ends within 14 days.',
  },
  AlibabaPCAIssuerCAEndsSoon: {
    at: '5m',
    ...warning('CAEndsSoon'),
    summary: 'The CA of AlibabaPCAIssuer shop/pca ends within 60 days.',
  },
  AlibabaPCAIssuerLifetimeNoLongerFits: {
    at: '5m',
    ...warning('LifetimeNoLongerFits'),
    summary: 'The CA of AlibabaPCAIssuer shop/pca ends before certificates of the longest lifetime would.',
  },
  AlibabaPCAIssuerQuotaExhausted: {
    at: '5m',
    fires: [['pca_issuer_issuer_condition', { ...pca, type: 'QuotaAvailable' }, '0x10']],
    labels: pca,
    summary: 'PCA issues nothing more for AlibabaPCAIssuer shop/pca: quota, balance or subscription is at its end.',
    quiet: [
      ['pca_issuer_issuer_condition', { ...pca, type: 'QuotaAvailable' }, '1x10'],
      ['pca_issuer_issuer_condition', { ...pca, type: 'CAHealthy' }, '0x10'],
    ],
  },
  AlibabaPCAIssuerQuotaLow: {
    at: '5m',
    ...warning('QuotaEndsSoon'),
    summary: 'Few certificates remain for AlibabaPCAIssuer shop/pca (QuotaEndsSoon).',
  },
  AlibabaPCAIssuerSubscriptionEndsSoon: {
    at: '5m',
    ...warning('SubscriptionEndsSoon'),
    summary: 'The subscription behind the CA of AlibabaPCAIssuer shop/pca ends within 14 days.',
  },
  AlibabaPCAIssuerCAInstancesLow: {
    at: '5m',
    fires: [['pca_issuer_ca_instances_remaining', pca, '0x10']],
    labels: pca,
    summary: 'AlibabaPCAIssuer shop/pca has 0 instances left for CA certificates.',
    quiet: [['pca_issuer_ca_instances_remaining', pca, '1x10']],
  },
  AlibabaPCAIssuerCredentialsRefused: {
    at: '10m',
    fires: [['pca_issuer_issuer_condition', { ...pca, type: 'CredentialsValid' }, '0x10']],
    labels: pca,
    summary: 'The credentials of AlibabaPCAIssuer shop/pca do not work.',
    quiet: [['pca_issuer_issuer_condition', { ...pca, type: 'CredentialsValid' }, '0x7 1x3']],
  },
  AlibabaPCAIssuerCredentialsNotRenewed: {
    at: '10m',
    ...warning('CredentialsNotRenewed'),
    summary: 'The temporary credentials of AlibabaPCAIssuer shop/pca could not be renewed.',
  },
  AlibabaPCAIssuerPCAClockOff: {
    at: '10m',
    ...warning('ClockOff'),
    summary:
      "The clocks of the operator's node and of the PCA endpoint of AlibabaPCAIssuer shop/pca differ by more than a minute.",
  },
  AlibabaPCAIssuerFailedOver: {
    at: '10m',
    fires: [['pca_issuer_failover_entry', pca, '2x10']],
    labels: pca,
    summary: 'AlibabaPCAIssuer shop/pca issues from entry 2 of spec.failover, not from its own CA.',
    quiet: [['pca_issuer_failover_entry', pca, '0x10']],
  },
  AlibabaPCAIssuerRequestPending: {
    at: '40m',
    fires: [['pca_issuer_oldest_open_request_timestamp_seconds', { ...pca, approval: 'Approved' }, '120x60']],
    labels: pca,
    summary: 'An approved request for AlibabaPCAIssuer shop/pca has been open for 38m 0s.',
    quiet: [
      ['pca_issuer_oldest_open_request_timestamp_seconds', { ...pca, approval: 'Approved' }, '0+60x60'],
      ['pca_issuer_oldest_open_request_timestamp_seconds', { ...pca, approval: 'Undecided' }, '0x60'],
    ],
  },
  AlibabaPCAIssuerRequestNotApproved: {
    at: '70m',
    fires: [['pca_issuer_oldest_open_request_timestamp_seconds', { ...nobody, approval: 'Undecided' }, '0x90']],
    labels: {},
    summary: 'A request for an issuer that does not exist has waited for its approval for 1h 10m 0s.',
    quiet: [
      ['pca_issuer_oldest_open_request_timestamp_seconds', { ...pca, approval: 'Undecided' }, '1800x90'],
      ['pca_issuer_oldest_open_request_timestamp_seconds', { ...pca, approval: 'Approved' }, '0x90'],
    ],
  },
  AlibabaPCAIssuerRequestsRefused: {
    at: '40m',
    fires: [['pca_issuer_certificate_requests_refused_total', { ...pca, reason: 'InvalidCSR' }, '_x20 6x20']],
    labels: { ...pca, reason: 'InvalidCSR' },
    summary: '6 requests for AlibabaPCAIssuer shop/pca failed for good within an hour (InvalidCSR).',
    quiet: [['pca_issuer_certificate_requests_refused_total', { ...pca, reason: 'InvalidCSR' }, '_x20 5x20']],
  },
  AlibabaPCAIssuerRequestsRetried: {
    at: '40m',
    fires: [['pca_issuer_certificate_request_retries_total', { ...pca, reason: 'Transient' }, '0+3x40']],
    labels: { ...pca, reason: 'Transient' },
    summary: 'Requests for AlibabaPCAIssuer shop/pca meet passing trouble again and again (Transient).',
    // After a restart of the container a counter begins anew.
    quiet: [['pca_issuer_certificate_request_retries_total', { ...pca, reason: 'Transient' }, '900+1x30 0+1x10']],
  },
  AlibabaPCAIssuerRequestsHeld: {
    at: '20m',
    fires: firstEvent('pca_issuer_certificate_requests_held_total', { ...pca, reason: 'ReissueLoop' }),
    labels: { ...pca, reason: 'ReissueLoop' },
    summary: 'Requests for AlibabaPCAIssuer shop/pca are held (ReissueLoop).',
    quiet: firstEvent('pca_issuer_certificate_requests_held_total', { ...pca, reason: 'AskedAgain' }),
  },
  AlibabaPCAIssuerCertificateUnaccounted: {
    at: '20m',
    fires: firstEvent('pca_issuer_revocations_total', { ...pca, result: 'given_up' }),
    labels: pca,
    summary: 'PCA may hold a valid certificate of AlibabaPCAIssuer shop/pca that nobody has.',
    quiet: [
      ...firstEvent('pca_issuer_revocations_total', { ...pca, result: 'revoked' }),
      ...firstEvent('pca_issuer_abandoned_calls_total', { ...pca, result: 'none' }),
    ],
  },
  AlibabaPCAIssuerCertificateWithoutRequest: {
    at: '20m',
    fires: firstEvent('pca_issuer_certificates_without_request_total', pca),
    labels: pca,
    summary: 'A certificate of AlibabaPCAIssuer shop/pca was paid for, and its request is gone.',
    quiet: [['pca_issuer_certificates_without_request_total', pca, '0x30']],
  },
  AlibabaPCAIssuerEndpointHeld: {
    at: '20m',
    fires: [['pca_issuer_endpoint_held', limit, '1x20']],
    labels: limit,
    summary: 'Calls of CreateCustomCertificate in cn-hangzhou are held: several in a row got no answer.',
    quiet: [['pca_issuer_endpoint_held', limit, '1x16 0x1 1x10']],
  },
  AlibabaPCAIssuerCallsWait: {
    at: '20m',
    fires: [['pca_issuer_calls_waiting', limit, '40x20']],
    labels: limit,
    summary: "40 requests wait for the account's limit on CreateCustomCertificate in cn-hangzhou.",
    quiet: [['pca_issuer_calls_waiting', limit, '40x10 0x1 40x10']],
  },
  AlibabaPCAIssuerThrottled: {
    at: '40m',
    fires: calls('Throttled', 50),
    labels: action,
    summary: 'PCA throttles 50% of the calls of CreateCustomCertificate.',
    quiet: calls('Throttled', 10),
  },
  AlibabaPCAIssuerCallsFail: {
    at: '40m',
    fires: calls('Transient', 50),
    labels: action,
    summary: '50% of the calls of CreateCustomCertificate fail.',
    quiet: calls('RequestRejected', 50),
  },
  AlibabaPCAIssuerCallsSlow: {
    at: '40m',
    fires: durations('10'),
    labels: action,
    summary: 'PCA takes up to 9.75s for CreateCustomCertificate.',
    quiet: durations('5'),
  },
};
