// The faults that the page turns on: what each sets in the simulator, what the operator will do, and where to see it.
import type { AuthorityChanges, Faults } from '../../../simulator/simulator.ts';

/** What the simulator's admin interface is told. */
export interface FaultChange {
  readonly faults?: Partial<Faults>;
  /** Changes of the CA that issues. */
  readonly authority?: Pick<AuthorityChanges, 'status' | 'quota'>;
}

/** What the simulator says about itself, as far as faults show in it. */
export interface SimulatorState {
  readonly faults: Faults;
  /** Of the CA that issues. */
  readonly authority: { readonly status: string };
}

/** One button. */
export interface PageFault {
  readonly id: string;
  readonly title: string;
  /** What the operator will do, in sentences. */
  readonly effect: string;
  /** Kind of the object that tells of it. */
  readonly seenOn: 'issuer' | 'request';
  readonly on: FaultChange;
  readonly off: FaultChange;
  readonly isOn: (state: SimulatorState) => boolean;
}

const issues = 'CreateCustomCertificate';
const describes = 'DescribeCACertificate';
// Nobody turns as many.
const untilOff = 1_000_000;
const latencyMilliseconds = 4000;
const pendingMilliseconds = 20_000;

/** All of them, in the order of the page. */
export const pageFaults: readonly PageFault[] = [
  {
    id: 'denied',
    title: `RAM denies ${issues}`,
    effect:
      'The next request is refused, once. The issuer then says PermissionDenied, with the action and the identity that lacks it; all its requests wait, and none fails.',
    seenOn: 'issuer',
    on: { faults: { deniedActions: [issues] } },
    off: { faults: { deniedActions: [] } },
    isOn: ({ faults }) => faults.deniedActions.includes(issues),
  },
  {
    id: 'quota',
    title: 'No certificates are left',
    effect:
      'PCA answers InsufficientQuota. The issuer says CapacityExhausted and its requests wait, without one call for each of them.',
    seenOn: 'issuer',
    on: { faults: { quotaExhausted: true } },
    off: { faults: { quotaExhausted: false } },
    isOn: ({ faults }) => faults.quotaExhausted,
  },
  {
    id: 'revoked',
    title: 'The CA is revoked',
    effect:
      'PCA refuses the next request with CertificateExpired, and the issuer says IssuingCAUnusable, or IssuingCANotActive after its next check. Requests wait. Certificates that were issued stay.',
    seenOn: 'issuer',
    on: { authority: { status: 'REVOKE' } },
    off: { authority: { status: 'ISSUE' } },
    isOn: ({ authority }) => authority.status === 'REVOKE',
  },
  {
    id: 'unavailable',
    title: 'PCA is out of order',
    effect: `Each ${issues} and ${describes} is answered 503 ServiceUnavailable. Requests say why they are tried again, with growing pauses.`,
    seenOn: 'request',
    on: {
      faults: {
        failingActions: {
          [issues]: { code: 'ServiceUnavailable', status: 503 },
          [describes]: { code: 'ServiceUnavailable', status: 503 },
        },
      },
    },
    off: { faults: { failingActions: {} } },
    isOn: ({ faults }) => issues in faults.failingActions,
  },
  {
    id: 'throttled',
    title: 'The account is throttled',
    effect:
      'PCA answers Throttling.User. The operator lowers its rate down to a call each second, and requests wait for their turn, which they say after half a minute. None fails.',
    seenOn: 'request',
    on: { faults: { throttled: untilOff } },
    off: { faults: { throttled: 0 } },
    isOn: ({ faults }) => faults.throttled > 0,
  },
  {
    id: 'slow',
    title: `Answers take ${latencyMilliseconds / 1000} seconds`,
    effect: 'Requests take longer, and nothing else happens: the operator waits for an answer rather than ask twice.',
    seenOn: 'request',
    on: { faults: { latencyMilliseconds } },
    off: { faults: { latencyMilliseconds: 0 } },
    isOn: ({ faults }) => faults.latencyMilliseconds !== 0,
  },
  {
    id: 'cut',
    title: 'Cut the next answer, after issuing',
    effect:
      'PCA has issued and charged, and the operator does not know. It looks the certificate up by its identifier and takes that one: see the calls, which have one creation for it. The button is used up by one certificate.',
    seenOn: 'request',
    on: { faults: { cutAfterIssuing: 1 } },
    off: { faults: { cutAfterIssuing: 0 } },
    isOn: ({ faults }) => faults.cutAfterIssuing > 0,
  },
  {
    id: 'pending',
    title: 'The next certificate comes late',
    effect: `PCA accepts the request, and has the certificate after ${pendingMilliseconds / 1000} seconds only. The request waits and names the identifier that PCA gave, and the operator asks for that certificate until it is there. Used up by one certificate.`,
    seenOn: 'request',
    on: { faults: { withoutCertificate: 1, pendingMilliseconds } },
    off: { faults: { withoutCertificate: 0, pendingMilliseconds: 0 } },
    isOn: ({ faults }) => faults.withoutCertificate > 0,
  },
  {
    id: 'wrong-key',
    title: 'The next certificate has another key',
    effect:
      'The operator does not hand it on. The request fails, and names the certificate in PCA and what revokes it; cert-manager asks again after an hour. Used up by one certificate.',
    seenOn: 'request',
    on: { faults: { wrongKey: 1 } },
    off: { faults: { wrongKey: 0 } },
    isOn: ({ faults }) => faults.wrongKey > 0,
  },
];

/** Ids of those that are on. */
export function faultsOn(state: SimulatorState): readonly string[] {
  return pageFaults.filter(({ isOn }) => isOn(state)).map(({ id }) => id);
}

/** The change that turns a fault on or off; undefined where there is no such fault. */
export function faultChange(id: string, on: boolean): FaultChange | undefined {
  const fault = pageFaults.find((each) => each.id === id);
  return on ? fault?.on : fault?.off;
}
