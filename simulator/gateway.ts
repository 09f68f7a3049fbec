// The way of one call: signature, action, permission, limits, parameters, faults, the action itself, and the record of it.
import { randomUUID } from 'node:crypto';
import type { Action, ActionOutcome, Service } from './actions/action.ts';
import { findAction } from './actions/index.ts';
import { denialOf } from './identity/session-policy.ts';
import { checkParameters } from './protocol/parameters.ts';
import { problem, problemBody } from './protocol/problem.ts';
import type { Problem } from './protocol/problem.ts';
import { verifySignature } from './protocol/signature.ts';
import type { AccessKey, SignatureContext, SignedRequest } from './protocol/signature.ts';
import { RateWindow } from './rate-window.ts';
import { serviceAt } from './regions.ts';

/** One call that arrived. `parameters` are cut to 100 characters each, tokens left out; `outcome` is `ok`, `cut` or an error code. */
export interface Call {
  readonly action: string;
  readonly version: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly time: string;
  readonly requestId: string;
  readonly outcome: string;
  /** From its arrival to its answer, or to the cut; absent while the answer is held back. */
  readonly milliseconds?: number;
}

const throttled = problem('Throttling.User', 'Request was denied due to user flow control.');

/** The answer to a call; `cut`: none, the connection ends. `answered` is told how long it took. */
export type GatewayAnswer = { readonly answered: (milliseconds: number) => void } & (
  { readonly kind: 'answer'; readonly status: number; readonly body: object } | { readonly kind: 'cut' }
);

/** Runs calls and remembers them. */
export class Gateway {
  readonly #service: Service;
  readonly #signatures: SignatureContext;
  readonly #window = new RateWindow();
  #calls: Call[] = [];

  constructor(service: Service, signatures: SignatureContext) {
    this.#service = service;
    this.#signatures = signatures;
  }

  /** Everything that was called since the start or the last reset. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  reset(): void {
    this.#calls = [];
  }

  /** Answers one call; `form` are the parameters of the body. */
  handle(request: SignedRequest, form: URLSearchParams): GatewayAnswer {
    const requestId = randomUUID().toUpperCase();
    const name = header(request, 'x-acs-action');
    const version = header(request, 'x-acs-version');
    const parameters = new Map([...request.query, ...form]);
    const outcome = this.#run(request, { name, version, formSize: form.size }, parameters);
    const call: { -readonly [Name in keyof Call]: Call[Name] } = {
      action: name,
      version,
      parameters: Object.fromEntries(
        [...parameters].map(([key, value]) => [key, bearerParameters.includes(key) ? '<token>' : value.slice(0, 100)]),
      ),
      time: this.#service.now().toISOString(),
      requestId,
      outcome: outcome.kind === 'answered' ? 'ok' : outcome.kind === 'cut' ? 'cut' : outcome.problem.code,
    };
    this.#calls.push(call);
    const answered = (milliseconds: number): void => {
      call.milliseconds = milliseconds;
    };
    switch (outcome.kind) {
      case 'answered':
        return { answered, kind: 'answer', status: 200, body: { RequestId: requestId, ...outcome.body } };
      case 'refused':
        return {
          answered,
          kind: 'answer',
          status: outcome.problem.status,
          body: problemBody(outcome.problem, requestId, header(request, 'host')),
        };
      case 'cut':
        return { answered, kind: 'cut' };
    }
  }

  #run(
    request: SignedRequest,
    called: { readonly name: string; readonly version: string; readonly formSize: number },
    parameters: ReadonlyMap<string, string>,
  ): ActionOutcome {
    if (request.method !== 'POST' && request.method !== 'GET')
      return refuse(problem('UnsupportedHTTPMethod', 'This http method is not supported.', 404));

    const action = findAction(called.name, called.version);
    const verified = isOpen(action, request) ? nobody : verifySignature(request, this.#signatures);
    if (verified.kind === 'refused') return verified;
    if (action === undefined || this.#service.faults.current.withdrawnActions.includes(called.name))
      return refuse(problem('InvalidAction.NotFound', 'Specified api is not found.', 404));

    if (action === 'WrongVersion')
      return refuse(problem('InvalidVersion', 'Specified parameter Version is not valid.', 404));
    const objection = this.#objection(action, verified.accessKey);
    if (objection !== undefined) return refuse(objection);
    const isRepeated = request.query.size + called.formSize > parameters.size;
    const checked = isRepeated ? repeated : checkParameters(action.parameters, parameters);
    if (checked.kind === 'refused') return checked;
    const service = serviceAt(header(request, 'host'), this.#service);
    return action.issues
      ? this.#issue(action, parameters, { service, caller: verified.accessKey })
      : action.run(parameters, service, verified.accessKey);
  }

  #objection(action: Action, caller: AccessKey): Problem | undefined {
    const { current } = this.#service.faults;
    const name = `${action.version === '2015-04-01' ? 'sts' : 'yundun-cert'}:${action.name}`;
    if (current.deniedActions.includes(action.name)) {
      const principal = { AuthPrincipalType: 'SubUser', AuthPrincipalDisplayName: `user-of-${caller.accessKeyId}` };
      return denied(name, {
        ...principal,
        PolicyType: 'AccountLevelIdentityBasedPolicy',
        NoPermissionType: 'ImplicitDeny',
      });
    }
    const { session } = caller;
    const denial =
      session?.policy === undefined || action.needsNoPermission === true ? undefined : denialOf(session.policy, name);
    if (session !== undefined && denial !== undefined) {
      const display = `${session.roleName}:${session.sessionName}`;
      const principal = { AuthPrincipalType: 'AssumedRoleUser', AuthPrincipalDisplayName: display };
      return denied(name, { ...principal, PolicyType: 'SessionPolicy', NoPermissionType: denial });
    }
    const failing = current.failingActions[action.name];
    if (failing !== undefined)
      return problem(failing.code, failing.message ?? 'The specified request failed.', failing.status);

    const limit = this.#service.faults.throttle(action);
    if (this.#window.admits(action.name, limit, this.#service.now().getTime())) return undefined;
    return throttled;
  }

  #issue(
    action: Action,
    parameters: ReadonlyMap<string, string>,
    { service, caller }: { readonly service: Service; readonly caller: AccessKey },
  ): ActionOutcome {
    const { faults } = service;
    const internal = problem(
      'InternalError',
      'The request processing has failed due to some unknown error.',
      faults.current.internalErrorStatus,
    );
    if (faults.strikes('throttled')) return refuse(throttled);
    if (faults.strikes('serviceUnavailable')) {
      return refuse(
        problem('ServiceUnavailable', 'The request has failed due to a temporary failure of the server.', 503),
      );
    }
    if (faults.strikes('internalErrorBeforeIssuing')) return refuse(internal);
    if (faults.strikes('cutBeforeIssuing')) return { kind: 'cut' };
    const outcome = action.run(parameters, service, caller);
    if (outcome.kind !== 'answered') return outcome;
    if (faults.strikes('internalErrorAfterIssuing')) return refuse(internal);
    return faults.strikes('cutAfterIssuing') ? { kind: 'cut' } : outcome;
  }
}

function denied(action: string, detail: Readonly<Record<string, string>>): Problem {
  const message = 'User not authorized to operate on the specified resource, or this API does not support RAM.';
  return { ...problem('Forbidden.RAM', message, 403), accessDeniedDetail: { AuthAction: action, ...detail } };
}

const nobody = { kind: 'verified', accessKey: { accessKeyId: 'anonymous', accessKeySecret: '' } } as const;

const repeated = {
  kind: 'refused',
  problem: problem('InvalidParameter', 'A parameter is given more than once.'),
} as const;

function isOpen(action: ReturnType<typeof findAction>, { headers }: SignedRequest): boolean {
  return typeof action === 'object' && action.anonymous === true && headers.authorization === undefined;
}

// The recorded calls must not reveal credentials.
const bearerParameters = ['OIDCToken'];

function refuse(what: Problem): ActionOutcome {
  return { kind: 'refused', problem: what };
}

function header({ headers }: SignedRequest, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
