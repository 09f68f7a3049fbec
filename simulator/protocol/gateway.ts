/** The RPC gateway: one HTTP request in, one recorded call and its answer out. Everything above the actions happens here. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Action, ActionReply, World } from '../actions/action.ts';
import { type CallLog, type CallOutcome, summarise } from '../call-log.ts';
import { alterPems, type CallFaults, type FaultBox, refusalAfter, refusalBefore } from '../faults.ts';
import { readBody } from './http-body.ts';
import { checkParameters } from './parameters.ts';
import { type Problem, problem, problemBody } from './problem.ts';
import { type SignatureContext, verifySignature } from './signature.ts';

/** What the gateway works with. */
export interface GatewayContext {
  readonly actions: readonly Action[];
  readonly world: () => World;
  readonly signatures: SignatureContext;
  readonly faults: FaultBox;
  readonly log: CallLog;
  readonly now: () => Date;
}

interface RpcCall {
  readonly action: string;
  readonly version: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly repeated: string | undefined;
  readonly placement: 'query' | 'form' | 'both' | 'none';
  readonly requestId: string;
  readonly host: string;
}

interface Answer {
  readonly outcome: CallOutcome;
  readonly body: Buffer | undefined;
  readonly accessKeyId: string | undefined;
  readonly issued: string | undefined;
  readonly latencyMilliseconds: number;
}

const bodyLimit = 4 * 1024 * 1024;
const formType = 'application/x-www-form-urlencoded';

/** Answers one RPC request; never rejects for anything a client sends. */
export async function answerRpc(
  message: IncomingMessage,
  response: ServerResponse,
  context: GatewayContext,
): Promise<void> {
  const time = context.now().toISOString();
  const body = await readBody(message, bodyLimit);
  if (body === undefined) {
    message.socket.destroy();
    return;
  }
  const target = splitTarget(message.url ?? '/');
  const call = readCall(message, target.query, body);
  const answer = decide({ message, target, body, call }, context);
  context.log.add({
    action: call.action,
    version: call.version,
    accessKeyId: answer.accessKeyId,
    time,
    requestId: call.requestId,
    parameters: summarise(call.parameters),
    placement: call.placement,
    outcome: answer.outcome,
    issued: answer.issued,
  });
  if (answer.latencyMilliseconds > 0) await delay(answer.latencyMilliseconds, response);
  send(response, answer);
}

function splitTarget(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

function readCall(message: IncomingMessage, query: URLSearchParams, body: Buffer): RpcCall {
  const isForm = (message.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === formType;
  const form = new URLSearchParams(isForm ? body.toString('utf8') : '');
  const parameters = new Map<string, string>();
  let repeated: string | undefined;
  for (const [name, value] of [...query, ...form]) {
    if (parameters.has(name)) repeated = name;
    parameters.set(name, value);
  }
  return {
    action: headerOf(message, 'x-acs-action'),
    version: headerOf(message, 'x-acs-version'),
    parameters,
    repeated,
    placement: placementOf(query.size, form.size),
    requestId: randomUUID().toUpperCase(),
    host: message.headers.host ?? '',
  };
}

function placementOf(query: number, form: number): RpcCall['placement'] {
  if (query > 0) return form > 0 ? 'both' : 'query';
  return form > 0 ? 'form' : 'none';
}

function headerOf(message: IncomingMessage, name: string): string {
  const value = message.headers[name];
  return typeof value === 'string' ? value : '';
}

interface ReceivedCall {
  readonly message: IncomingMessage;
  readonly target: { readonly path: string; readonly query: URLSearchParams };
  readonly body: Buffer;
  readonly call: RpcCall;
}

function decide({ message, target, body, call }: ReceivedCall, context: GatewayContext): Answer {
  const method = message.method ?? '';
  if (method !== 'POST' && method !== 'GET') {
    return refusal(call, problem('UnsupportedHTTPMethod', 'This http method is not supported.', 404));
  }
  const request = { method, path: target.path, query: target.query, headers: message.headers, body };
  const verification = verifySignature(request, context.signatures);
  if (verification.kind === 'refused') return refusal(call, verification.problem);
  const { accessKeyId } = verification;
  const faults = context.faults.take(call.action, context.now().getTime());
  const found = findAction(context.actions, call);
  const answer =
    found.kind === 'found'
      ? perform(found.action, { call, accessKeyId, faults }, context)
      : refusal(call, found.problem);
  return { ...answer, accessKeyId, latencyMilliseconds: faults.latencyMilliseconds };
}

function findAction(
  actions: readonly Action[],
  { action, version }: RpcCall,
): { readonly kind: 'found'; readonly action: Action } | { readonly kind: 'absent'; readonly problem: Problem } {
  const named = actions.filter(({ name }) => name === action);
  const found = named.find((candidate) => candidate.version === version);
  if (found !== undefined) return { kind: 'found', action: found };
  return {
    kind: 'absent',
    problem:
      named.length === 0
        ? problem('InvalidAction.NotFound', 'Specified api is not found, please check your url and method.', 404)
        : problem('InvalidVersion', 'Specified parameter Version is not valid.', 404),
  };
}

interface ArmedCall {
  readonly call: RpcCall;
  readonly accessKeyId: string;
  readonly faults: CallFaults;
}

function perform(action: Action, armed: ArmedCall, context: GatewayContext): Answer {
  const { call, accessKeyId, faults } = armed;
  if (faults.failures.has('CutBefore')) return silence('cut');
  if (faults.failures.has('Stall')) return silence('stalled');
  const before = refusalBefore(faults, { action: call.action, accessKeyId });
  if (before !== undefined) return refusal(call, before);
  if (call.repeated !== undefined) {
    return refusal(call, problem('InvalidParameter', `The parameter "${call.repeated}" is given more than once.`));
  }
  const checked = checkParameters(action.parameters, call.parameters);
  if (checked.kind === 'refused') return refusal(call, checked.problem);
  const reply = action.answer({ parameters: call.parameters, accessKeyId, failures: faults.failures }, context.world());
  return shape(call, reply, faults);
}

function shape(call: RpcCall, reply: ActionReply, faults: CallFaults): Answer {
  if (reply.kind === 'refused') return refusal(call, reply.problem);
  const issued = reply.issued?.identifier;
  if (faults.failures.has('CutAfterIssuing')) return { ...silence('cut'), issued };
  const after = refusalAfter(faults);
  if (after !== undefined) return { ...refusal(call, after), issued };
  const body = alterPems({ RequestId: call.requestId, ...reply.body }, faults.failures);
  return {
    outcome: { kind: 'answered', status: 200 },
    body: answerBytes(JSON.stringify(body), faults),
    accessKeyId: undefined,
    issued,
    latencyMilliseconds: 0,
  };
}

function answerBytes(json: string, { failures }: CallFaults): Buffer {
  if (failures.has('EmptyBody')) return Buffer.alloc(0);
  return Buffer.from(failures.has('NotJson') ? '<html><body>Bad gateway</body></html>' : json);
}

function refusal(call: RpcCall, problem: Problem): Answer {
  return {
    outcome: { kind: 'refused', status: problem.status, code: problem.code },
    body: Buffer.from(JSON.stringify(problemBody(problem, call.requestId, call.host))),
    accessKeyId: undefined,
    issued: undefined,
    latencyMilliseconds: 0,
  };
}

function silence(kind: 'cut' | 'stalled'): Answer {
  return { outcome: { kind }, body: undefined, accessKeyId: undefined, issued: undefined, latencyMilliseconds: 0 };
}

async function delay(milliseconds: number, response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  // A client that goes away must not hold the simulator open.
  response.once('close', resolve);
  await promise;
  clearTimeout(timer);
  response.off('close', resolve);
}

function send(response: ServerResponse, { outcome, body }: Answer): void {
  if (outcome.kind === 'stalled') return;
  if (outcome.kind === 'cut' || body === undefined) {
    response.destroy();
    return;
  }
  response.writeHead(outcome.status, {
    'Content-Type': 'application/json;charset=utf-8',
    'Content-Length': body.length,
  });
  response.end(body);
}
