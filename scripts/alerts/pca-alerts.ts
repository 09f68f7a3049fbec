// Alerts on calls to Alibaba Cloud.
import type { PcaErrorClass } from '../../src/alibaba/error-table.ts';
import { threshold } from './alert.ts';
import type { Alert } from './alert.ts';
import { buckets, series, share } from './series.ts';

const ofLimit = 'by (account, region, action)';
const byAction = ['action'];
const throttled: PcaErrorClass = 'Throttled';
// What is none of the request, and is not told by an issuer's conditions alone.
const failures: readonly PcaErrorClass[] = [
  'Transient',
  'OutcomeUnknown',
  'Credentials',
  'Permission',
  'IssuingCA',
  'Capacity',
  'ActionUnavailable',
  'Unknown',
];
const calls = series('pca_issuer_pca_calls_total');

/** They are named without the product. */
export const pcaAlerts = {
  EndpointHeld: {
    severity: 'critical',
    for: '5m',
    expr: `max ${ofLimit} (${series('pca_issuer_endpoint_held')}) == 1`,
    summary: 'Calls of {{ $labels.action }} in {{ $labels.region }} are held: several in a row got no answer.',
    runbook: {
      meaning: 'One call at a time tries whether the endpoint answers again; the other requests wait and lose nothing.',
      steps: [
        'Run [the doctor](doctor.md) in the pod: it tries name, address, TLS and the answer of each endpoint.',
        'DNS, egress, NetworkPolicy (`networkPolicy.cloudTo`, `cloudPorts`), NAT gateway and proxy are what usually stands between. From a VPC, [networks](networks.md) lists the hosts that are reachable without the Internet.',
        "All of that is well: look at Alibaba Cloud's status page for the region.",
      ],
    },
  },
  CallsWait: {
    severity: 'warning',
    for: '15m',
    expr: `max ${ofLimit} (${series('pca_issuer_calls_waiting')}) > 0`,
    summary: "{{ $value }} requests wait for the account's limit on {{ $labels.action }} in {{ $labels.region }}.",
    runbook: {
      meaning: 'More certificates are asked for than PCA lets the account issue. All come, later.',
      steps: [
        '`pca_issuer_call_limit_per_second` is the rate that the operator has found. Does anything else use the account? Its calls count as well.',
        'A burst ends by itself. If it does not, ask Alibaba Cloud for a higher limit, use longer lifetimes, or spread issuers over accounts; [sizing](mesh/sizing.md) has the arithmetic.',
      ],
    },
  },
  Throttled: {
    severity: 'warning',
    for: '15m',
    expr: `${share(byAction, series('pca_issuer_pca_calls_total', { outcome: throttled }), calls)} > ${threshold('throttledShare')}`,
    summary: 'PCA throttles {{ $value | humanizePercentage }} of the calls of {{ $labels.action }}.',
    runbook: {
      meaning:
        'The operator halves its rate each time, so that a share that lasts comes from others who use the account.',
      steps: [
        'ActionTrail tells which identities call PCA. Give the operator an account, or the others a schedule, of their own.',
        '`--call-limits` sets a rate from the start, if the limit of the account is known ([limits](limiter.md)).',
      ],
    },
  },
  CallsFail: {
    severity: 'warning',
    for: '10m',
    expr: `${share(byAction, series('pca_issuer_pca_calls_total', { outcome: failures }), calls)} > ${threshold('failedShare')}`,
    summary: '{{ $value | humanizePercentage }} of the calls of {{ $labels.action }} fail.',
    runbook: {
      meaning: 'Requests are tried again, or wait for their issuer.',
      steps: [
        '`sum by (action, outcome) (rate(pca_issuer_pca_calls_total[10m]))` tells the classes of the errors; [the index](conditions-and-errors.md) says what each means.',
        'The log has the code and the RequestId of each failed call, with which Alibaba Cloud finds it.',
      ],
    },
  },
  CallsSlow: {
    severity: 'warning',
    for: '15m',
    expr: `histogram_quantile(0.95, sum by (le, action) (rate(${buckets('pca_issuer_pca_call_duration_seconds')}[10m]))) > ${threshold('callSeconds')}`,
    summary: 'PCA takes up to {{ $value | humanizeDuration }} for {{ $labels.action }}.',
    runbook: {
      meaning:
        'Certificates come late; calls are given up after `--pca-timeout`, and then looked up before they are tried again.',
      steps: [
        'Is the region far away, or the way through a proxy? [Networks](networks.md) lists nearer endpoints.',
        "It began by itself: look at Alibaba Cloud's status page.",
      ],
    },
  },
} as const satisfies Readonly<Record<string, Alert>>;
