// The gauges of what is told of an issuer ahead of time.
import type { LabelsOf } from '../../../runtime/metric-catalogue.ts';
import type { Metrics } from '../../../runtime/metrics.ts';
import type { Aspect } from './aspects.ts';
import type { Observed } from './issuer-aspects.ts';
import { aspectReasons, aspectTypes } from './reasons.ts';
import type { AspectReason } from './reasons.ts';

type IssuerLabels = LabelsOf<'pca_issuer_issuer_ready'>;

const warnings = Object.entries(aspectReasons).flatMap(([reason, { isWarning }]) =>
  isWarning ? [reason as AspectReason] : [],
);

/** Sets the gauges of an issuer to what is told of it; those of what is not known are removed. */
export function showAspects(metrics: Metrics, labels: IssuerLabels, observed: Observed | undefined): void {
  showConditions(metrics, labels, observed?.aspects ?? []);
  for (const [name, value] of observed === undefined ? nothingKnown : figuresOf(observed)) {
    if (value === undefined) metrics.remove(name, labels);
    else metrics.set(name, labels, value);
  }
}

function showConditions(metrics: Metrics, labels: IssuerLabels, aspects: readonly Aspect[]): void {
  for (const type of aspectTypes) {
    const status = aspects.find((aspect) => aspect.type === type)?.status ?? 'Unknown';
    if (status === 'Unknown') metrics.remove('pca_issuer_issuer_condition', { ...labels, type });
    else metrics.set('pca_issuer_issuer_condition', { ...labels, type }, status === 'True' ? 1 : 0);
  }
  const present = new Set(aspects.flatMap((aspect) => aspect.warnings));
  for (const reason of warnings) {
    if (present.has(reason)) metrics.set('pca_issuer_issuer_warning', { ...labels, reason }, 1);
    else metrics.remove('pca_issuer_issuer_warning', { ...labels, reason });
  }
}

const figureNames = [
  'pca_issuer_issuer_last_check_timestamp_seconds',
  'pca_issuer_issuer_clock_offset_seconds',
  'pca_issuer_credentials_end_timestamp_seconds',
  'pca_issuer_subscription_end_timestamp_seconds',
  'pca_issuer_certificates_remaining',
  'pca_issuer_certificates_used_last_week',
] as const;

type Figure = readonly [name: (typeof figureNames)[number], value: number | undefined];

const nothingKnown: readonly Figure[] = figureNames.map((name) => [name, undefined]);

function figuresOf({ checkedAt, facts, usedLastWeek }: Observed): readonly Figure[] {
  const remaining = facts?.ca?.remainingCertificates;
  return [
    ['pca_issuer_issuer_last_check_timestamp_seconds', secondsOf(checkedAt)],
    ['pca_issuer_issuer_clock_offset_seconds', facts?.clockOffsetSeconds],
    ['pca_issuer_credentials_end_timestamp_seconds', secondsOf(facts?.credentialsEnd)],
    ['pca_issuer_subscription_end_timestamp_seconds', secondsOf(facts?.subscriptionEnd)],
    ['pca_issuer_certificates_remaining', remaining],
    ['pca_issuer_certificates_used_last_week', remaining === undefined ? undefined : usedLastWeek],
  ];
}

function secondsOf(moment: Date | undefined): number | undefined {
  return moment === undefined ? undefined : Math.floor(moment.getTime() / 1_000);
}
