// Alerts on issuers: what is wrong now, and what will be.
import type { AspectReason, AspectType } from '../../src/controllers/issuers/aspects/reasons.ts';
import { threshold } from './alert.ts';
import type { Alert } from './alert.ts';
import { ofIssuer, series, theIssuer } from './series.ts';

const byIssuer = `by (${ofIssuer.join(', ')})`;
const byReason = `by (${[...ofIssuer, 'reason'].join(', ')})`;
const warned = (...reasons: readonly AspectReason[]): string =>
  `max ${byReason} (${series('pca_issuer_issuer_warning', { reason: reasons })}) == 1`;
const isFalse = (type: AspectType): string =>
  `max ${byIssuer} (${series('pca_issuer_issuer_condition', { type })}) == 0`;

const look =
  '`kubectl describe alibabapcaissuer NAME -n NAMESPACE`, or `alibabapcaclusterissuer NAME`: read the messages of its conditions.';

/** They are named without the product. */
export const issuerAlerts = {
  NotChecked: {
    severity: 'critical',
    for: '5m',
    expr: `time() - max ${byIssuer} (${series('pca_issuer_issuer_last_check_timestamp_seconds')}) > ${threshold('notCheckedSeconds')}`,
    summary: `${theIssuer} is not checked any more.`,
    runbook: {
      meaning: 'Its conditions may be out of date: nobody would notice credentials or a CA that no longer work.',
      steps: [
        '`kubectl logs -n NAMESPACE deploy/alibaba-pca-issuer | grep NAME`: what became of its last check?',
        'Was `--issuer-check-interval` made longer? Set `metrics.prometheusRule.thresholds.notCheckedSeconds` to three times of it.',
        'No issuer is checked: see AlibabaPCAIssuerNoLeader.',
      ],
    },
  },
  NotReady: {
    severity: 'critical',
    for: '15m',
    expr: `max ${byIssuer} (${series('pca_issuer_issuer_ready')}) == 0`,
    summary: `${theIssuer} is not ready.`,
    runbook: {
      meaning: 'Its requests wait, and go on by themselves once it is ready.',
      steps: [
        `${look} The message of Ready says what is wrong and what to do; its reason is in [the index](conditions-and-errors.md#the-issuer).`,
        'Run [the doctor](doctor.md) with `--issuer`: it tries the way to PCA and STS, and looks at rights.',
        'An issuer that nobody needs any more: delete it.',
      ],
    },
  },
  CAEndsVerySoon: {
    severity: 'critical',
    expr: warned('CAEndsVerySoon'),
    summary: `The CA of ${theIssuer} ends within 14 days.`,
    runbook: {
      meaning: 'Every certificate below it ends with it, and nothing can be renewed from then on.',
      steps: [
        `${look} CAHealthy has the date.`,
        'Have a new subordinate CA made in PCA, and change over to it as [Rotate a CA](administration.md#rotate-a-ca) says: clients get its root first.',
        'Renew the certificates of the old CA: `cmctl renew`.',
      ],
    },
  },
  CAEndsSoon: {
    severity: 'warning',
    expr: warned('CAEndsSoon'),
    summary: `The CA of ${theIssuer} ends within 60 days.`,
    runbook: {
      meaning: 'Every certificate below it ends with it.',
      steps: [`${look} CAHealthy has the date.`, 'Plan what AlibabaPCAIssuerCAEndsVerySoon says, while there is time.'],
    },
  },
  LifetimeNoLongerFits: {
    severity: 'warning',
    expr: warned('LifetimeNoLongerFits'),
    summary: `The CA of ${theIssuer} ends before certificates of the longest lifetime would.`,
    runbook: {
      meaning: 'The next renewal of such a Certificate fails, or is shortened where the issuer allows it.',
      steps: [
        `${look} CAHealthy has both dates.`,
        'Change over to a new CA, as AlibabaPCAIssuerCAEndsVerySoon says, or have `spec.duration` of the Certificates ask for less.',
      ],
    },
  },
  QuotaExhausted: {
    severity: 'critical',
    expr: isFalse('QuotaAvailable'),
    summary: `PCA issues nothing more for ${theIssuer}: quota, balance or subscription is at its end.`,
    runbook: {
      meaning: 'All its requests wait. They go on by themselves once PCA issues again.',
      steps: [
        `${look} QuotaAvailable says which of them it is.`,
        'Buy or assign certificates, recharge the account, or renew the subscription in the console of PCA.',
        'Was the quota used up unexpectedly? `pca_issuer_certificates_used_last_week` counts all users of it, `increase(pca_issuer_certificate_requests_total{result="issued"}[7d])` what went through the operator. `spec.issuanceLimits` bounds an issuer.',
      ],
    },
  },
  QuotaLow: {
    severity: 'warning',
    expr: warned('QuotaLow', 'QuotaEndsSoon'),
    summary: `Few certificates remain for ${theIssuer} ({{ $labels.reason }}).`,
    runbook: {
      meaning: 'At most a fifth of the quota remains, or what remains lasts for 14 days at most at the present rate.',
      steps: [
        `${look} QuotaAvailable has the numbers.`,
        'Buy or assign more before they are used up. See AlibabaPCAIssuerQuotaExhausted for who uses them.',
      ],
    },
  },
  SubscriptionEndsSoon: {
    severity: 'warning',
    expr: warned('SubscriptionEndsSoon'),
    summary: `The subscription behind the CA of ${theIssuer} ends within 14 days.`,
    runbook: {
      meaning: 'From then on PCA issues nothing, whatever remains of the quota.',
      steps: [`${look} QuotaAvailable has the date.`, 'Renew the subscription in the console of PCA.'],
    },
  },
  CAInstancesLow: {
    severity: 'warning',
    expr: `min ${byIssuer} (${series('pca_issuer_ca_instances_remaining')}) < ${threshold('caInstances')}`,
    summary: `${theIssuer} has {{ $value }} instances left for CA certificates.`,
    runbook: {
      meaning: 'The next requests for CA certificates wait; other requests go on.',
      steps: ['Buy instances of external CAs and add them to `spec.externalCA.instanceIds` of the issuer.'],
    },
  },
  CredentialsRefused: {
    severity: 'critical',
    for: '5m',
    expr: isFalse('CredentialsValid'),
    summary: `The credentials of ${theIssuer} do not work.`,
    runbook: {
      meaning: 'Its requests wait, and go on by themselves once the credentials work.',
      steps: [
        `${look} CredentialsValid says what is wrong: the Secret, the key, the role, its trust or its policy.`,
        'Correct it as [credentials](credentials.md) describes; a changed Secret is noticed by itself.',
      ],
    },
  },
  CredentialsNotRenewed: {
    severity: 'warning',
    for: '5m',
    expr: warned('CredentialsNotRenewed'),
    summary: `The temporary credentials of ${theIssuer} could not be renewed.`,
    runbook: {
      meaning: 'The present ones work until they end, and then its requests wait.',
      steps: [
        `${look} CredentialsValid says until when, and why they could not be renewed.`,
        'Is STS reachable, and does the role still trust the ServiceAccount? Run [the doctor](doctor.md) with `--issuer`.',
      ],
    },
  },
  PCAClockOff: {
    severity: 'warning',
    for: '5m',
    expr: warned('ClockOff'),
    summary: `The clocks of the operator's node and of the PCA endpoint of ${theIssuer} differ by more than a minute.`,
    runbook: {
      meaning: 'PCA refuses calls from 15 minutes on.',
      steps: [
        'Look at the time service (NTP, chrony) of the node of the leading pod.',
        'The node is right: a proxy on the way may answer with a wrong Date header.',
      ],
    },
  },
  FailedOver: {
    severity: 'warning',
    for: '5m',
    expr: `max ${byIssuer} (${series('pca_issuer_failover_entry')}) > 0`,
    summary: `${theIssuer} issues from entry {{ $value }} of spec.failover, not from its own CA.`,
    runbook: {
      meaning: 'Its own CA cannot issue. Certificates come from the stand-in, which clients have to trust.',
      steps: [
        `${look} The event FailedOver and the message of Ready say why.`,
        'Mend what is wrong with its own CA. It goes back by itself, as [failover](failover.md) describes.',
      ],
    },
  },
} as const satisfies Readonly<Record<string, Alert>>;
