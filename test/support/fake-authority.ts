// PCA as a test wants it: a CertificateAuthority that gives the answers it is armed with, in order, and keeps what it was asked.
import { errorTable } from '../../src/alibaba/error-table.ts';
import type { PcaErrorClass } from '../../src/alibaba/error-table.ts';
import type { PcaFailure } from '../../src/alibaba/errors.ts';
import type { CallTarget } from '../../src/alibaba/limits/call-queue.ts';
import type {
  CertificateAuthority,
  Found,
  Issued,
  IssueOptions,
  Wanted,
} from '../../src/authority/certificate-authority.ts';
import type { IssuePlan } from '../../src/issuing/plan.ts';

/** An answer, or what makes it. */
type Answer<Asked, Answered> = Answered | ((asked: Asked, signal: AbortSignal) => Promise<Answered>);

/** Answers by method, each used once. */
export interface Answers {
  readonly issue?: readonly Answer<IssuePlan, Issued>[];
  readonly find?: readonly Answer<Wanted, Found>[];
  readonly revoke?: readonly Answer<string, PcaFailure | undefined>[];
}

export class FakeAuthority implements CertificateAuthority {
  readonly location: string;
  /** In order: the method and what it was about. */
  readonly asked: string[] = [];
  readonly #issue: Answer<IssuePlan, Issued>[] = [];
  readonly #find: Answer<Wanted, Found>[] = [];
  readonly #revoke: Answer<string, PcaFailure | undefined>[] = [];

  constructor(answers: Answers = {}, location = 'HTTPS pca.test ca') {
    this.location = location;
    this.arm(answers);
  }

  /** Adds answers to those that are left. */
  arm({ issue = [], find = [], revoke = [] }: Answers): void {
    this.#issue.push(...issue);
    this.#find.push(...find);
    this.#revoke.push(...revoke);
  }

  readonly target = async (action: string): Promise<CallTarget> => ({
    limit: { account: '42', region: 'cn-hangzhou', action },
    endpoint: 'HTTPS pca.test',
  });

  readonly describe = async (): Promise<never> => {
    throw new Error('Requests do not ask for the CA.');
  };

  readonly issue = async (plan: IssuePlan, { signal, mayGo }: IssueOptions): Promise<Issued> =>
    mayGo()
      ? this.#answer(this.#issue, `issue ${plan.request.uid}`, plan, signal)
      : failed('Cancelled', { code: 'NotActing', mayHaveIssued: false });

  readonly find = async (wanted: Wanted, signal: AbortSignal): Promise<Found> =>
    this.#answer(this.#find, `find ${wanted.trace.kind}`, wanted, signal);

  readonly revoke = async (identifier: string, signal: AbortSignal): Promise<PcaFailure | undefined> =>
    this.#answer(this.#revoke, `revoke ${identifier}`, identifier, signal);

  async #answer<Asked, Answered>(
    answers: Answer<Asked, Answered>[],
    what: string,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<Answered> {
    this.asked.push(what);
    if (answers.length === 0) throw new Error(`The test has no answer to: ${what}.`);
    const answer = answers.shift() as Answer<Asked, Answered>;
    return typeof answer === 'function'
      ? (answer as (asked: Asked, signal: AbortSignal) => Promise<Answered>)(asked, signal)
      : answer;
  }
}

/** A call that failed so. A certificate may exist where the error table says that for the class. */
export function failed(name: PcaErrorClass, changes: Partial<PcaFailure> = {}): Extract<Issued, { kind: 'failed' }> {
  const failure: PcaFailure = {
    service: 'PCA',
    class: name,
    code: name,
    httpStatus: 400,
    requestId: 'R1',
    message: `PCA says ${name}.`,
    accessDenied: undefined,
    mayHaveIssued: errorTable.some((row) => row.class === name && row.mayHaveIssued),
    ...changes,
  };
  return { kind: 'failed', failure };
}
