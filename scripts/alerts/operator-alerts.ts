// Alerts on the operator itself.
import { threshold } from './alert.ts';
import type { Alert } from './alert.ts';
import { growth, ofIssuer, series, share, theIssuer } from './series.ts';

// Without labels it is there as soon as a replica is, also of those that do not issue.
const replicas = series('pca_issuer_clock_offset_seconds');
// It is set by the replica that issues, when it begins.
const atWork = series('controller_runtime_max_concurrent_reconciles', { controller: 'issuer' });

/** They are named without the product. */
export const operatorAlerts = {
  OperatorDown: {
    severity: 'critical',
    for: '5m',
    expr: `absent(${replicas})`,
    summary: 'No replica of the operator is seen.',
    runbook: {
      meaning:
        'Prometheus scrapes no replica. If none runs, nothing is issued, and the conditions of the issuers say what was found when they were last checked (status.lastCheckTime).',
      steps: [
        '`kubectl get pods,events -n NAMESPACE`: is there a pod, and why not? An image that cannot be pulled, a quota, a node selector that fits no node?',
        'A pod that restarts says why in `kubectl logs -n NAMESPACE deploy/alibaba-pca-issuer --previous`.',
        'All pods are ready: Prometheus does not find them. Is there a ServiceMonitor or a PodMonitor with the labels that it selects, and does a NetworkPolicy let it in (`networkPolicy.metricsFrom`)? Do the series have another label `namespace`? Then set `metrics.prometheusRule.selector`.',
      ],
    },
  },
  NoLeader: {
    severity: 'critical',
    for: '5m',
    expr: `absent(${atWork}) unless on () absent(${replicas})`,
    summary: 'The operator runs, and no replica of it issues.',
    runbook: {
      meaning:
        'No replica holds the Lease, or the one that does has not listed what it watches. Nothing is issued and no issuer is checked.',
      steps: [
        '`kubectl get pods -n NAMESPACE`: a pod that is not ready says in `/readyz`, and in the event of its probe, which collections it could not list, or that it may not use the Lease.',
        '`kubectl get lease -n NAMESPACE alibaba-pca-issuer -o yaml`: a holder that is gone is replaced when `leaseDurationSeconds` are over. Who holds it otherwise?',
        'Were Roles or bindings of the release removed? `helm upgrade` with the same values brings them back.',
      ],
    },
  },
  OtherOperator: {
    severity: 'warning',
    expr: `${growth(ofIssuer, series('pca_issuer_other_operator_total'), '15m')} > 0`,
    summary: `Somebody else works on requests of ${theIssuer}.`,
    runbook: {
      meaning:
        'A second release of the operator, or one outside the cluster, answers the same requests. Each may pay for a certificate of the same request.',
      steps: [
        '`kubectl get deployments -A -l app.kubernetes.io/name=alibaba-pca-issuer`: leave one release, with one name and namespace.',
        'Does an operator run outside the cluster with a kubeconfig, such as one for a test? End it.',
      ],
    },
  },
  Defect: {
    severity: 'warning',
    expr: `${growth(['controller'], series('controller_runtime_reconcile_errors_total'), '15m')} > 0 or ${growth(['controller'], series('pca_issuer_hung_reconciles_total'), '15m')} > 0`,
    summary: 'The operator has met a defect of its own in the controller {{ $labels.controller }}.',
    runbook: {
      meaning:
        'A reconcile ended with an exception, or did not end. The object is tried again with back-off, or its worker is lost until the next start; others go on.',
      steps: [
        '`kubectl logs -n NAMESPACE deploy/alibaba-pca-issuer | grep "A defect of the operator"`: the line names the object and has the stack.',
        'Report it with that line and the version. A restart frees workers that hang: `kubectl rollout restart -n NAMESPACE deploy/alibaba-pca-issuer`.',
      ],
    },
  },
  WatchTrouble: {
    severity: 'warning',
    expr: `${growth(['resource', 'kind'], series('pca_issuer_watch_trouble_total'), '30m')} > ${threshold('watchTroubles')}`,
    summary: 'Watches on {{ $labels.resource }} are in trouble again and again ({{ $labels.kind }}).',
    runbook: {
      meaning: 'The operator learns late of new requests and of changed issuers.',
      steps: [
        '`kubectl logs -n NAMESPACE deploy/alibaba-pca-issuer | grep RESOURCE`: each trouble is a line with its cause.',
        'Refused: the rights of the release are missing. Silent or interrupted: is there a load balancer before the API server that ends or forgets long connections, or does the API server restart?',
      ],
    },
  },
  APIServerErrors: {
    severity: 'warning',
    for: '10m',
    expr: `${share([], series('rest_client_requests_total', { code: ['5..', 'none'] }), series('rest_client_requests_total'))} > ${threshold('apiServerErrorShare')}`,
    summary: 'The API server does not answer the operator, or answers with errors.',
    runbook: {
      meaning: 'Certificates may be issued and not be written for a while. They are kept, and written when it answers.',
      steps: [
        'Is the API server well for others? Look at its own alerts, its load and its etcd.',
        'Only for the operator: does a NetworkPolicy or a mesh stand between (`networkPolicy.apiServerTo`, `apiServerPorts`)?',
      ],
    },
  },
  ClockOff: {
    severity: 'warning',
    for: '10m',
    expr: `max(abs(${replicas})) > ${threshold('clockOffsetSeconds')}`,
    summary: "The clocks of the operator's node and of the API server differ by {{ $value | humanizeDuration }}.",
    runbook: {
      meaning:
        'Lifetimes, tokens and the Lease are reckoned by a clock that is wrong on one side. PCA refuses calls from 15 minutes on.',
      steps: ['Look at the time service (NTP, chrony) of the node of the leading pod, then of the control plane.'],
    },
  },
  LogLinesLost: {
    severity: 'info',
    expr: `${growth([], series('pca_issuer_log_lines_lost_total'), '15m')} > 0`,
    summary: 'The operator has lost lines of its log.',
    runbook: {
      meaning: 'Whoever reads its standard output is too slow. It goes on without these lines rather than wait.',
      steps: [
        "Look at the container runtime's disk and at the collector of logs.",
        '`log.level` above info writes less; at debug each step of each request is a line.',
      ],
    },
  },
} as const satisfies Readonly<Record<string, Alert>>;
