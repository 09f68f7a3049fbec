/** The admin interface under /admin: JSON over HTTP, unsigned, for tests and people who run the simulator by hand. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Behaviours, defaultBehaviours } from './behaviours.ts';
import { type Failure, failureKinds, type Faults } from './faults.ts';
import { readBody } from './protocol/http-body.ts';
import type { AccessKey } from './protocol/signature.ts';
import type { AuthorityChange, SimulatorState } from './state.ts';

interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (state: SimulatorState, body: unknown, rest: string) => AdminAnswer;

const done: AdminAnswer = { status: 200, body: { done: true } };

const routes: Readonly<Record<string, Route>> = {
  'GET calls': (state) => ({ status: 200, body: state.calls() }),
  'GET issued': (state) => ({ status: 200, body: state.issued() }),
  'GET counters': (state) => ({ status: 200, body: state.log.counters() }),
  'GET faults': (state) => ({ status: 200, body: state.faults.current() }),
  'PATCH faults': (state, body) => {
    const objection = faultsObjection(body);
    if (objection !== undefined) return wrong(objection);
    state.faults.set(body as Partial<Faults>);
    return { status: 200, body: state.faults.current() };
  },
  'GET behaviours': (state) => ({ status: 200, body: state.behaviours() }),
  'PATCH behaviours': (state, body) => {
    const objection = behavioursObjection(body);
    if (objection !== undefined) return wrong(objection);
    state.setBehaviours(body as Partial<Behaviours>);
    return { status: 200, body: state.behaviours() };
  },
  'GET cas': (state) => ({ status: 200, body: state.authorities() }),
  'PATCH cas': (state, body, identifier) => {
    if (!isRecord(body)) return wrong('the body must be {"status"?: "ISSUE"|"REVOKE", "quota"?: number}');
    return state.setAuthority(identifier, body as AuthorityChange) ? done : absent();
  },
  'PUT access-keys': (state, body) => {
    if (!Array.isArray(body) || !body.every(isAccessKey)) {
      return wrong('the body must be a list of {accessKeyId, accessKeySecret, securityToken?, expiresAt?}');
    }
    state.setAccessKeys(body);
    return done;
  },
  'POST reset': (state) => {
    state.reset();
    return done;
  },
};

/** Answers one admin request. */
export async function answerAdmin(
  message: IncomingMessage,
  response: ServerResponse,
  state: SimulatorState,
): Promise<void> {
  const body = await readBody(message, 1024 * 1024);
  const answer = decide(message, body, state);
  const bytes = Buffer.from(`${JSON.stringify(answer.body, undefined, 2)}\n`);
  response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.end(bytes);
}

/** Whether the path belongs to the admin interface. */
export function isAdminPath(url: string | undefined): boolean {
  return url !== undefined && /^\/admin(\/|$)/.test(url);
}

function decide(message: IncomingMessage, body: Buffer | undefined, state: SimulatorState): AdminAnswer {
  const [, , topic = '', rest = ''] = (message.url ?? '').split('?', 1)[0]?.split('/') ?? [];
  const route = routes[`${message.method ?? ''} ${topic}`];
  if (route === undefined) return absent();
  if (body === undefined) return wrong('the body is too long');
  try {
    return route(state, body.length === 0 ? undefined : JSON.parse(body.toString('utf8')), decodeURIComponent(rest));
  } catch {
    return wrong('the body must be JSON');
  }
}

function absent(): AdminAnswer {
  return { status: 404, body: { error: `not found; there are: ${Object.keys(routes).join(', ')}` } };
}

function wrong(error: string): AdminAnswer {
  return { status: 400, body: { error } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAccessKey(value: unknown): value is AccessKey {
  return isRecord(value) && typeof value['accessKeyId'] === 'string' && typeof value['accessKeySecret'] === 'string';
}

function faultsObjection(body: unknown): string | undefined {
  const members = ['latencyMilliseconds', 'callsPerSecond', 'failures'];
  if (!isRecord(body) || Object.keys(body).some((name) => !members.includes(name))) {
    return `the body must be an object with some of ${members.join(', ')}`;
  }
  for (const name of ['latencyMilliseconds', 'callsPerSecond']) {
    const table = body[name];
    if (table === undefined) continue;
    if (!isRecord(table) || !Object.values(table).every(Number.isFinite))
      return `${name} must map actions (or *) to numbers`;
  }
  const failures = body['failures'] ?? [];
  return Array.isArray(failures) && failures.every(isFailure)
    ? undefined
    : `failures must be a list of {kind, action?, count?, percent?, status?}; kinds: ${failureKinds.join(', ')}`;
}

function isFailure(value: unknown): value is Failure {
  return isRecord(value) && failureKinds.some((kind) => kind === value['kind']);
}

function behavioursObjection(body: unknown): string | undefined {
  if (!isRecord(body)) return 'the body must be an object';
  const unknown = Object.keys(body).find((name) => !(name in defaultBehaviours));
  return unknown === undefined ? undefined : `"${unknown}" is not one of ${Object.keys(defaultBehaviours).join(', ')}`;
}
