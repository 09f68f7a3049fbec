// The catalogue of every metric; docs/metrics.md lists the same.
/** One metric. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper ends of a histogram's buckets; `durationBuckets` unless given. */
  readonly buckets?: readonly number[];
}

const ofIssuer = ['issuer_kind', 'issuer_namespace', 'issuer'] as const;
const ofCallLimit = ['account', 'region', 'action'] as const;

/** Name, type, labels and meaning of every metric of our own; durations are seconds. */
export const metricCatalogue = {
  pca_issuer_certificate_requests_total: {
    type: 'counter',
    help: 'Finished CertificateRequests, by result: issued, failed or denied.',
    labels: [...ofIssuer, 'result'],
  },
  pca_issuer_certificate_requests_refused_total: {
    type: 'counter',
    help: 'Requests that failed for good, by reason: that of the condition Failed of a CertificateSigningRequest.',
    labels: [...ofIssuer, 'reason'],
  },
  pca_issuer_certificate_request_retries_total: {
    type: 'counter',
    help: 'Attempts that failed with passing trouble and are retried, by reason.',
    labels: [...ofIssuer, 'reason'],
  },
  pca_issuer_certificate_requests_held_total: {
    type: 'counter',
    help: "Times that the operator held a request because of its issuer's own limits, by reason: IssuanceLimitReached or ReissueLoop, for faults of their owner: OwnerHeld, for cert-manager to see what it got: AskedAgain, or because nobody would use the certificate: RequestRestored.",
    labels: [...ofIssuer, 'reason'],
  },
  pca_issuer_approval_to_certificate_seconds: {
    type: 'histogram',
    help: 'Time from the approval of a request, which Kubernetes keeps to the second, until its certificate was written to it, by operation of PCA.',
    labels: [...ofIssuer, 'operation'],
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200],
  },
  pca_issuer_certificates_adopted_total: {
    type: 'counter',
    help: 'Certificates that PCA had already when they were looked for, so that no call of this process was made for them.',
    labels: ofIssuer,
  },
  pca_issuer_open_requests: {
    type: 'gauge',
    help: 'Requests that are not finished, by approval: Approved, Denied or Undecided. All that name no issuer that exists are of the empty name.',
    labels: [...ofIssuer, 'approval'],
  },
  pca_issuer_oldest_open_request_timestamp_seconds: {
    type: 'gauge',
    help: 'When the oldest of the requests that are not finished was made, as a Unix time.',
    labels: [...ofIssuer, 'approval'],
  },
  pca_issuer_call_limit_per_second: {
    type: 'gauge',
    help: 'Current limit on calls per second for an account, as the operator found it; account: its number, with the endpoint where another is called, or a digest.',
    labels: ofCallLimit,
  },
  pca_issuer_calls_waiting: {
    type: 'gauge',
    help: 'Requests that wait until the limit lets them call.',
    labels: ofCallLimit,
  },
  pca_issuer_endpoint_held: {
    type: 'gauge',
    help: '1 while calls are held because several in a row got no answer, else 0.',
    labels: ofCallLimit,
  },
  pca_issuer_certificates_without_request_total: {
    type: 'counter',
    help: 'Certificates whose request was deleted before they were written to it; the log names them.',
    labels: ofIssuer,
  },
  pca_issuer_abandoned_calls_total: {
    type: 'counter',
    help: 'Issuing calls whose request was deleted before their outcome was known, by what was found out: certificate, none, or given_up where nobody could tell; the log names them.',
    labels: [...ofIssuer, 'result'],
  },
  pca_issuer_other_operator_total: {
    type: 'counter',
    help: 'Times that somebody else, as a second release of the operator, ended a request that this one worked on, or took back its verdict about an issuer.',
    labels: ofIssuer,
  },
  pca_issuer_revocations_total: {
    type: 'counter',
    help: 'Revocations of certificates that nobody can use, by result: revoked or given_up.',
    labels: [...ofIssuer, 'result'],
  },
  pca_issuer_issuer_ready: {
    type: 'gauge',
    help: '1 when the issuer is Ready, else 0.',
    labels: ofIssuer,
  },
  pca_issuer_ca_not_after_timestamp_seconds: {
    type: 'gauge',
    help: "End of the issuer's subordinate CA as a Unix time.",
    labels: ofIssuer,
  },
  pca_issuer_issuer_condition: {
    type: 'gauge',
    help: "1 when the issuer's condition CredentialsValid, CAHealthy or QuotaAvailable is True, 0 when it is False; no series while it is Unknown.",
    labels: [...ofIssuer, 'type'],
  },
  pca_issuer_issuer_warning: {
    type: 'gauge',
    help: '1 while the issuer warns of something ahead of time, by reason: that of a condition beside Ready, such as CAEndsSoon or QuotaLow.',
    labels: [...ofIssuer, 'reason'],
  },
  pca_issuer_issuer_last_check_timestamp_seconds: {
    type: 'gauge',
    help: 'When the issuer was last checked, as a Unix time.',
    labels: ofIssuer,
  },
  pca_issuer_issuer_clock_offset_seconds: {
    type: 'gauge',
    help: "Seconds by which the operator's clock is ahead of that of the issuer's PCA endpoint; negative when it is behind.",
    labels: ofIssuer,
  },
  pca_issuer_credentials_end_timestamp_seconds: {
    type: 'gauge',
    help: 'Until when the temporary credentials of the issuer are used that the operator renews, as a Unix time.',
    labels: ofIssuer,
  },
  pca_issuer_subscription_end_timestamp_seconds: {
    type: 'gauge',
    help: "End of the subscription behind the issuer's CA as a Unix time, where PCA tells it.",
    labels: ofIssuer,
  },
  pca_issuer_certificates_remaining: {
    type: 'gauge',
    help: "Certificates that remain of the quota of the issuer's CA, where PCA tells it.",
    labels: ofIssuer,
  },
  pca_issuer_certificates_used_last_week: {
    type: 'gauge',
    help: "Certificates of the quota of the issuer's CA that were used in the last week, by whomever.",
    labels: ofIssuer,
  },
  pca_issuer_failover_entry: {
    type: 'gauge',
    help: 'Which CA of an issuer with spec.failover issues: 0 its own, 1 the first entry of spec.failover, and so on.',
    labels: ofIssuer,
  },
  pca_issuer_ca_instances_remaining: {
    type: 'gauge',
    help: 'Instances in spec.externalCA of the issuer that are neither used nor promised to a request.',
    labels: ofIssuer,
  },
  pca_issuer_pca_calls_total: {
    type: 'counter',
    help: 'Calls to Alibaba Cloud PCA, by action and outcome (ok or the class of the error).',
    labels: ['action', 'outcome'],
  },
  pca_issuer_pca_call_duration_seconds: {
    type: 'histogram',
    help: 'Time that a call to Alibaba Cloud PCA took.',
    labels: ['action'],
  },
  pca_issuer_watch_trouble_total: {
    type: 'counter',
    help: 'Interrupted, silent or refused watches, by resource and kind of trouble.',
    labels: ['resource', 'kind'],
  },
  pca_issuer_clock_offset_seconds: {
    type: 'gauge',
    help: "Seconds by which the operator's clock is ahead of the API server's; negative when it is behind.",
    labels: [],
  },
  controller_runtime_reconcile_total: {
    type: 'counter',
    help: 'Reconciles per controller, by result: success, requeue_after, requeue or error.',
    labels: ['controller', 'result'],
  },
  controller_runtime_reconcile_time_seconds: {
    type: 'histogram',
    help: 'Time that a reconcile took.',
    labels: ['controller'],
  },
  controller_runtime_reconcile_errors_total: {
    type: 'counter',
    help: 'Reconciles that ended in an exception, which is a defect of the operator.',
    labels: ['controller'],
  },
  controller_runtime_active_workers: {
    type: 'gauge',
    help: 'Reconciles that are running, including those that ignored their deadline.',
    labels: ['controller'],
  },
  controller_runtime_max_concurrent_reconciles: {
    type: 'gauge',
    help: 'Number of workers of the controller.',
    labels: ['controller'],
  },
  pca_issuer_build_info: {
    type: 'gauge',
    help: '1, with the version of the operator, the commit that its image was built of, and the version of Node.js.',
    labels: ['version', 'revision', 'node'],
  },
  pca_issuer_log_lines_lost_total: {
    type: 'counter',
    help: 'Lines of the log that nobody took in time: whoever reads standard output is too slow.',
    labels: [],
  },
  pca_issuer_trace_spans_total: {
    type: 'counter',
    help: 'Spans of traces, by result: sent or lost.',
    labels: ['result'],
  },
  pca_issuer_hung_reconciles_total: {
    type: 'counter',
    help: 'Reconciles that were still running after their deadline; the log names their objects.',
    labels: ['controller'],
  },
  workqueue_depth: { type: 'gauge', help: 'Keys that wait for a worker.', labels: ['name'] },
  workqueue_delayed: {
    type: 'gauge',
    help: 'Keys whose delay is not over yet.',
    labels: ['name'],
  },
  workqueue_adds_total: { type: 'counter', help: 'Keys that were queued.', labels: ['name'] },
  workqueue_retries_total: { type: 'counter', help: 'Keys that were queued again with back-off.', labels: ['name'] },
  workqueue_queue_duration_seconds: {
    type: 'histogram',
    help: 'Time that keys waited for a worker.',
    labels: ['name'],
  },
  workqueue_work_duration_seconds: {
    type: 'histogram',
    help: 'Time that a worker spent on a key.',
    labels: ['name'],
  },
  workqueue_unfinished_work_seconds: {
    type: 'gauge',
    help: 'Time that workers have spent so far on all keys in progress.',
    labels: ['name'],
  },
  workqueue_longest_running_processor_seconds: {
    type: 'gauge',
    help: 'Time that a worker has spent so far on the oldest key in progress.',
    labels: ['name'],
  },
  rest_client_requests_total: {
    type: 'counter',
    help: 'Requests to the Kubernetes API server, by method and status code.',
    labels: ['code', 'method'],
  },
  leader_election_master_status: {
    type: 'gauge',
    help: '1 while this replica holds the Lease, else 0.',
    labels: ['name'],
  },
} as const satisfies Record<string, Metric>;

type Catalogue = typeof metricCatalogue;
/** Name of a metric of the catalogue. */
export type MetricName = keyof Catalogue;
/** The label values that a metric of the catalogue wants. */
export type LabelsOf<Name extends MetricName> = { readonly [Label in Catalogue[Name]['labels'][number]]: string };
/** Names of the metrics of a type. */
export type NamesOf<Type extends Metric['type']> = {
  [Name in MetricName]: Catalogue[Name]['type'] extends Type ? Name : never;
}[MetricName];
