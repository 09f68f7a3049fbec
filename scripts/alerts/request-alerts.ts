// Alerts on requests and on certificates.
import type { consequences } from '../../src/controllers/requests/reasons.ts';
import { threshold } from './alert.ts';
import type { Alert } from './alert.ts';
import { growth, ofIssuer, series, theIssuer } from './series.ts';

type RequestReason = keyof typeof consequences;

const byIssuer = `by (${ofIssuer.join(', ')})`;
const byReason = [...ofIssuer, 'reason'];
const open = (approval: string): string =>
  `time() - min ${byIssuer} (${series('pca_issuer_oldest_open_request_timestamp_seconds', { approval })})`;
// AskedAgain is none of them: it is ordinary, and ends by itself.
const holds: readonly RequestReason[] = ['IssuanceLimitReached', 'ReissueLoop', 'OwnerHeld', 'RequestRestored'];

/** They are named without the product. */
export const requestAlerts = {
  RequestPending: {
    severity: 'warning',
    for: '5m',
    expr: `${open('Approved')} > ${threshold('pendingSeconds')}`,
    summary: `An approved request for ${theIssuer} has been open for {{ $value | humanizeDuration }}.`,
    runbook: {
      meaning:
        'Somebody waits for a certificate, or an old one comes nearer to its end. An issuer without a name stands for those that do not exist.',
      steps: [
        '`kubectl get certificaterequests -A --sort-by=.metadata.creationTimestamp` and `kubectl get certificatesigningrequests`: find the oldest that is approved and not ready.',
        '`kubectl describe` it: its condition Ready and its events say what it waits for. [The doctor](doctor.md) with `--request NAMESPACE/NAME` says it in five lines.',
        'The issuer is not ready, PCA throttles, or requests are held: the alert for that has the next step.',
        'Nobody needs it any more, or it names an issuer that will never exist: delete it, and its Certificate if that would ask again.',
      ],
    },
  },
  RequestNotApproved: {
    severity: 'warning',
    for: '5m',
    expr: `${open('Undecided')} > ${threshold('undecidedSeconds')}`,
    summary: `A request for ${theIssuer} has waited for its approval for {{ $value | humanizeDuration }}.`,
    runbook: {
      meaning: 'The operator does nothing until somebody approves or denies a request.',
      steps: [
        '`kubectl describe` the request: its event WaitingForApproval says which right an approver needs.',
        "cert-manager approves by itself with the chart's `approverRole`; is `certManager.serviceAccount` the one that your cert-manager has?",
        'Where approver-policy decides, no policy fits the request: `kubectl get certificaterequestpolicies`. CertificateSigningRequests are approved by people or programs: `kubectl certificate approve`.',
      ],
    },
  },
  RequestsRefused: {
    severity: 'warning',
    expr: `${growth(byReason, series('pca_issuer_certificate_requests_refused_total'), '1h')} > ${threshold('refusedPerHour')}`,
    summary: `{{ $value }} requests for ${theIssuer} failed for good within an hour ({{ $labels.reason }}).`,
    runbook: {
      meaning:
        'They ask for what the issuer, the operation or PCA does not give. cert-manager tries again after an hour at the earliest.',
      steps: [
        '`kubectl get events -A --field-selector reason=RequestFailed`: the message says what to correct; the reason is in [the index](conditions-and-errors.md).',
        'Correct the Certificates or the issuer, then `cmctl renew NAME -n NAMESPACE` goes on at once.',
        '`alibaba-pca-issuer plan -f FILE` says of a manifest beforehand what would become of it.',
      ],
    },
  },
  RequestsRetried: {
    severity: 'warning',
    expr: `${growth(byReason, series('pca_issuer_certificate_request_retries_total'), '15m')} > ${threshold('retriesPerQuarterHour')}`,
    summary: `Requests for ${theIssuer} meet passing trouble again and again ({{ $labels.reason }}).`,
    runbook: {
      meaning: 'They are tried again with back-off, and nothing is lost; certificates come late.',
      steps: [
        'Look up the reason in [the index](conditions-and-errors.md), and read the message of Ready of one of the requests.',
        "The trouble is PCA's: AlibabaPCAIssuerCallsFail has the next step.",
      ],
    },
  },
  RequestsHeld: {
    severity: 'warning',
    expr: `${growth(byReason, series('pca_issuer_certificate_requests_held_total', { reason: holds }), '15m')} > 0`,
    summary: `Requests for ${theIssuer} are held ({{ $labels.reason }}).`,
    runbook: {
      meaning:
        'IssuanceLimitReached: a limit of the issuer or of a rule is used up. ReissueLoop: one Certificate is issued again and again. OwnerHeld: PCA issued something else for a Certificate, or refused it repeatedly. RequestRestored: a backup brought back a request that nobody would use. Nothing is paid meanwhile.',
      steps: [
        '`kubectl get events -A --field-selector reason=REASON`: the message names the Certificate, when it goes on, and what to do.',
        'IssuanceLimitReached: is the use meant? Raise `spec.issuanceLimits`, or have the administrator raise the limit of the rule.',
        'ReissueLoop: what changes or deletes the Secret of the Certificate each time? Two Certificates with one `secretName` do, and so does a tool that overwrites it.',
        'RequestRestored: delete what the message names ([why](administration.md#requests-that-came-back)).',
      ],
    },
  },
  CertificateUnaccounted: {
    severity: 'warning',
    expr: `${growth(ofIssuer, series('pca_issuer_abandoned_calls_total', { result: 'given_up' }), '1h')} > 0 or ${growth(ofIssuer, series('pca_issuer_revocations_total', { result: 'given_up' }), '1h')} > 0`,
    summary: `PCA may hold a valid certificate of ${theIssuer} that nobody has.`,
    runbook: {
      meaning:
        'A request was deleted before the outcome of its call was known, and PCA could not be asked about it; or a certificate that nobody can use could not be revoked.',
      steps: [
        '`kubectl logs -n NAMESPACE deploy/alibaba-pca-issuer`: the warning has the identifier or the serial number, and the RequestId of the call.',
        'Look for it in the console of PCA and revoke it there. Its private key never left the cluster, and may be gone.',
      ],
    },
  },
  CertificateWithoutRequest: {
    severity: 'info',
    expr: `${growth(ofIssuer, series('pca_issuer_certificates_without_request_total'), '1h')} > 0`,
    summary: `A certificate of ${theIssuer} was paid for, and its request is gone.`,
    runbook: {
      meaning:
        'The request was deleted between the call and the write. The certificate is counted, and revoked where that is set.',
      steps: [
        'Single ones follow from Certificates that are deleted while they are issued. Many of them: who deletes CertificateRequests or Certificates?',
        'The log names each.',
      ],
    },
  },
} as const satisfies Readonly<Record<string, Alert>>;
