// What an alert is, and the thresholds that the chart's values set. Expressions and texts are parts of the chart's template.

/** An alert with what to do about it. */
export interface Alert {
  /** critical: certificates are not issued, or soon will not be; warning: somebody should look; info: good to know. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** How long the expression has to hold, as Prometheus writes durations; undefined: not at all. */
  readonly for?: string;
  /** PromQL, made of `series` and `threshold`. */
  readonly expr: string;
  /** One sentence; `{{ $labels.name }}` is a label of the expression's result. */
  readonly summary: string;
  readonly runbook: {
    /** What it means and what follows from it; the description of the alert as well. */
    readonly meaning: string;
    /** What to do, in this order. */
    readonly steps: readonly string[];
  };
}

interface Threshold {
  readonly default: number;
  readonly description: string;
}

/** Values of the chart, below metrics.prometheusRule.thresholds. */
export const thresholds = {
  notCheckedSeconds: {
    default: 900,
    description: 'Seconds without a check of an issuer: three times --issuer-check-interval.',
  },
  pendingSeconds: {
    default: 1_800,
    description: 'Seconds that an approved request may be open.',
  },
  undecidedSeconds: {
    default: 3_600,
    description: 'Seconds that a request may wait for its approval.',
  },
  refusedPerHour: {
    default: 5,
    description: 'Requests of an issuer that may fail for good in an hour, of each reason.',
  },
  retriesPerQuarterHour: {
    default: 30,
    description: 'Attempts for an issuer that may meet passing trouble in 15 minutes, of each reason.',
  },
  caInstances: {
    default: 1,
    description: 'Instances in spec.externalCA that should be left.',
  },
  throttledShare: {
    default: 0.1,
    description: 'Share of the calls of an action that PCA may throttle.',
  },
  failedShare: {
    default: 0.1,
    description: 'Share of the calls of an action that may fail for reasons that are none of the request.',
  },
  callSeconds: {
    default: 5,
    description: 'Seconds within which PCA should answer 95 % of the calls of an action.',
  },
  apiServerErrorShare: {
    default: 0.1,
    description: 'Share of the requests to the API server that may fail with 5xx or without an answer.',
  },
  watchTroubles: {
    default: 5,
    description: 'Troubles of the watches on one resource that there may be in half an hour, of each kind.',
  },
  clockOffsetSeconds: {
    default: 30,
    description: "Seconds by which the clocks of a pod's node and of the API server may differ.",
  },
} as const satisfies Readonly<Record<string, Threshold>>;

/** Name of a threshold. */
export type ThresholdName = keyof typeof thresholds;

/** A threshold in an expression. */
export function threshold(name: ThresholdName): string {
  return `{{ .thresholds.${name} }}`;
}
