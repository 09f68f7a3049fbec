// What the tests of publishing share: a publisher over a request whose writes come out as a test says, and the entries that
// are to be seen of it.
import type {
  Decision,
  End,
  FailedDecision,
  WaitingDecision,
} from '../../../../../src/controllers/requests/decision.ts';
import type { Request, WriteOutcome } from '../../../../../src/controllers/requests/kinds/request.ts';
import { RequestMemories } from '../../../../../src/controllers/requests/memory.ts';
import { Publisher } from '../../../../../src/controllers/requests/publish.ts';
import type { RequestReason, WaitingReason } from '../../../../../src/controllers/requests/reasons.ts';
import type { ReconcileResult } from '../../../../../src/kubernetes/controller.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { Journal } from '../journal.ts';
import { certificate, fields, labels, passOver, request, uid } from '../samples.ts';

export const done: ReconcileResult = { kind: 'done' };
export const retry: ReconcileResult = { kind: 'retry', reason: 'Transient' };
export const trouble = { reason: 'Transient', message: 'PCA says Transient.' } as const;
export const issuer = 'AlibabaPCAIssuer/shop/pca';
export const issued: End = {
  kind: 'issued',
  message: 'Issued.',
  certificate,
  operation: 'CreateCustomCertificate',
  requestId: 'r-1',
  adopted: false,
};
export const failed: FailedDecision = { kind: 'failed', reason: 'NoName', message: 'No.', at: new Date(0) };

/** A publisher over a request whose writes come to `outcomes`, and everything that is seen of it. */
export function scene(outcomes: WriteOutcome[] = [], changes: Partial<Request> = {}) {
  const journal = new Journal();
  const clock = new FakeClock();
  const memories = new RequestMemories();
  const pass = passOver(request(journal, outcomes, changes), memories.of(uid));
  const publisher = new Publisher({
    memories,
    abandoned: {
      report: (named, _identity, { message }, { fate }) => {
        journal.add({ abandoned: named, message, fate });
        return 'What became of it.';
      },
      reportUnused: ({ key }, { message, unused }) => journal.add({ abandoned: key, message, unused }),
    },
    revocations: {
      offer: (_identity, identifier) => {
        journal.add({ offered: identifier });
        return true;
      },
    },
    events: journal.events,
    issuerEvents: { failed: (_identity, _request, reason) => journal.add({ issuerTold: reason }) },
    metrics: journal.metrics,
    logger: journal.logger,
    clock,
    onStep: async (step) => journal.add({ step }),
  });
  const publish = async (decision: Decision) => publisher.publish(pass, decision);
  return { journal, clock, memories, pass, publish };
}

export const event = (type: string, reason: RequestReason, note: string, more: { readonly isSpare?: true } = {}) => ({
  event: { regarding: request(new Journal()).object, type, reason, action: 'Issue', note, ...more },
});
export const log = (level: string, more: object, message: string) => ({
  log: level,
  fields: { ...fields, ...more },
  message,
});
export const count = (name: string, more: object) => ({ count: name, labels: { ...labels, ...more } });
export const waiting = (reason: WaitingReason, next: ReconcileResult = done, detail = ''): WaitingDecision => ({
  kind: 'waiting',
  reason,
  detail,
  message: `Waits: ${reason}.`,
  next,
});
export const troubled = (reason: 'RetryableError' | 'PatienceExceeded'): WaitingDecision => ({
  ...waiting(reason, retry, 'Transient'),
  trouble,
});

/** What the log says of the certificate: the clock stands 99 s after the request was approved. */
const issuedFields = {
  operation: 'CreateCustomCertificate',
  requestId: 'r-1',
  serialNumber: '0a1b',
  identifier: 'pca-1',
  names: 2,
  notAfter: '2027-02-20T00:00:00Z',
  secondsFromApproval: 99,
};

/** The steps around the write of an end. */
export const steps = (write: End): readonly object[] => [
  { step: 'VerdictReached' },
  { write },
  { step: 'ResultWritten' },
];
const retries = 'pca_issuer_certificate_request_retries_total';
export const held = 'pca_issuer_certificate_requests_held_total';
export const ended = 'pca_issuer_certificate_requests_total';
export const countedRetry = [
  count(retries, { reason: 'Transient' }),
  log('warn', { issuer, reason: 'Transient' }, 'Not issued yet: PCA says Transient.'),
];
export const hour: ReconcileResult = { kind: 'after', ms: 3_600_000 };

/** A wait that is told for the first time. */
export function told(decision: WaitingDecision, type: string, ...after: readonly object[]) {
  return {
    decision,
    seen: [{ write: decision }, event(type, decision.reason, decision.message), ...after],
    next: decision.next,
  };
}

/** All that is seen of a certificate, so long after the request was approved. */
export const issuedEntries = (secondsFromApproval = issuedFields.secondsFromApproval): readonly object[] => [
  ...steps(issued),
  count(ended, { result: 'issued' }),
  {
    observe: 'pca_issuer_approval_to_certificate_seconds',
    labels: { ...labels, operation: 'CreateCustomCertificate' },
    seconds: secondsFromApproval,
  },
  log('info', { issuer, ...issuedFields, secondsFromApproval }, 'Issued.'),
  event('Normal', 'Issued', 'Issued.', { isSpare: true }),
];

/** What is counted, and told on the issuer, of a request that failed. */
export const refused: readonly object[] = [
  count('pca_issuer_certificate_requests_refused_total', { reason: 'NoName' }),
  { issuerTold: 'NoName' },
];
