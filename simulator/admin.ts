// The admin interface below `/admin/`: what happened, the faults, and the state of the CAs.
import type { Faults } from './faults.ts';
import type { Call } from './gateway.ts';
import { authorityStatuses } from './issuing/authority.ts';
import type { AdminHandler } from './server.ts';
import type { AuthorityChanges, CertificateAuthority, Issued } from './views.ts';

/** The parts that the admin interface works on, which tests use too. */
export interface AdminState {
  readonly cas: readonly CertificateAuthority[];
  readonly calls: () => readonly Call[];
  readonly issued: () => readonly Issued[];
  readonly faults: () => Faults;
  readonly setFaults: (faults: Partial<Faults>) => void;
  readonly setAuthority: (identifier: string, changes: AuthorityChanges) => void;
  readonly reset: () => void;
}

type AdminAnswer = ReturnType<AdminHandler>;

/** Answers by method and path. */
export function createAdmin(state: AdminState): AdminHandler {
  const routes: Readonly<Record<string, (body: unknown) => AdminAnswer>> = {
    'GET ': () =>
      ok(
        Object.keys(routes)
          .filter((route) => route !== 'GET ')
          .map((route) => route.replace(' ', ' /admin/')),
      ),
    'GET calls': () => ok(state.calls()),
    'GET counters': () => ok(countersOf(state)),
    'GET issued': () => ok(state.issued()),
    'GET cas': () => ok(state.cas),
    'GET faults': () => ok(state.faults()),
    'POST faults': (body) =>
      attempt(() => {
        state.setFaults(object(body));
        return state.faults();
      }),
    'POST cas': (body) =>
      attempt(() => {
        const { identifier, ...changes } = object(body) as Readonly<Record<string, unknown>>;
        state.setAuthority(String(identifier), checkedChanges(changes));
        return state.cas.find((ca) => ca.identifier === identifier);
      }),
    'POST reset': () => {
      state.reset();
      return ok({});
    },
  };
  return (method, path, body) =>
    routes[`${method} ${path}`]?.(body) ?? {
      status: 404,
      body: { message: `There are ${Object.keys(routes).join(', ')}.` },
    };
}

function ok(body: unknown): AdminAnswer {
  return { status: 200, body };
}

function attempt(action: () => unknown): AdminAnswer {
  try {
    return ok(action());
  } catch (error) {
    return { status: 400, body: { message: String(error) } };
  }
}

function object(body: unknown): object {
  if (typeof body === 'object' && body !== null) return body;
  throw new Error('The body must be a JSON object.');
}

/** How the members of a change are read; undefined: not that way. */
const changeReaders: {
  readonly [Name in keyof AuthorityChanges]-?: (value: unknown) => AuthorityChanges[Name] | undefined;
} = {
  status: (value) => authorityStatuses.find((one) => one === value),
  quota: (value) => (Number.isInteger(value) && Number(value) >= 0 ? Number(value) : undefined),
  subscriptionEnd: (value) => {
    const moment = typeof value === 'string' ? new Date(value) : undefined;
    return moment === undefined || Number.isNaN(moment.getTime()) ? undefined : moment;
  },
  endsInDays: (value) => (typeof value === 'number' && value > -30 ? value : undefined),
};

function checkedChanges(changes: Readonly<Record<string, unknown>>): AuthorityChanges {
  const read = Object.entries(changes).map(([name, value]) => {
    const reader = Object.entries(changeReaders).find(([known]) => known === name)?.[1];
    return [name, reader?.(value)] as const;
  });
  if (read.some(([, value]) => value === undefined)) {
    throw new Error(
      `A CA has a status (${authorityStatuses.join(', ')}), a quota, a subscriptionEnd, such as 2027-01-31T00:00:00Z, and endsInDays above -30.`,
    );
  }
  return Object.fromEntries(read) as AuthorityChanges;
}

function countersOf(state: AdminState): Readonly<Record<string, number>> {
  const counters: Record<string, number> = {};
  for (const { action } of state.calls()) counters[action] = (counters[action] ?? 0) + 1;
  return counters;
}
