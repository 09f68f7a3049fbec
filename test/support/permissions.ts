// Permissions as words, `verb group/resource[/subresource]` (`verb resource` in the core group): granted, and used.
import type { Manifest } from './cluster.ts';

/** A line of the API server's audit log, of level Metadata. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  /** Absent for what is no resource. */
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code: number };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Binding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** What the Roles and ClusterRoles among some objects permit to a ServiceAccount by the bindings among them, sorted. */
export function grantedPermissions(
  objects: readonly Manifest[],
  account: { readonly name: string; readonly namespace: string },
): readonly string[] {
  const bindings = (objects as readonly Binding[]).filter(
    ({ kind, subjects }) =>
      (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') &&
      subjects.some(
        (subject) =>
          subject.kind === 'ServiceAccount' && subject.name === account.name && subject.namespace === account.namespace,
      ),
  );
  const isBound = (role: Manifest): boolean =>
    bindings.some(
      ({ roleRef, metadata }) =>
        roleRef.kind === role.kind &&
        roleRef.name === role.metadata.name &&
        (role.kind === 'ClusterRole' || metadata.namespace === role.metadata.namespace),
    );
  const rules = objects.filter(isBound).flatMap((role) => role['rules'] as readonly Rule[]);
  const names = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => nameOf(verb, group, resource)))),
  );
  return sorted(names);
}

/** What requests have needed, sorted. */
export function usedPermissions(events: readonly AuditEvent[]): readonly string[] {
  const names = events.flatMap(({ verb, objectRef }) => {
    if (objectRef === undefined) return [];
    const { apiGroup = '', resource, subresource } = objectRef;
    return [nameOf(verb, apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`)];
  });
  return sorted(names);
}

/** Reads the requests of a user from an audit log, of which the last line may be unfinished. */
export function readAuditLog(text: string, username: string): readonly AuditEvent[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent).filter(({ user }) => user.username === username);
}

function nameOf(verb: string, group: string, resource: string): string {
  return `${verb} ${group === '' ? '' : `${group}/`}${resource}`;
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
