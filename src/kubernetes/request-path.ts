// Reads verb, resource and namespace out of a request's path: for metrics and messages, and for whose request it is.
/** A request in words. */
export interface RequestDescription {
  /** Kubernetes' verb: get, list, watch, create, update, patch, delete. */
  readonly verb: string;
  /** Plural with subresource, e.g. `certificaterequests/status`; the path itself when it is no resource. */
  readonly resource: string;
  /** Whose request it is: one namespace's, or one cluster-scoped resource's. */
  readonly flow: string;
  /** Method and path. */
  readonly text: string;
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Describes a request by its method and its path without query. */
export function describeRequest(method: string, path: string, isWatch: boolean): RequestDescription {
  const { resource, isNamed, flow } = resourceOf(path);
  const reading = isNamed ? 'get' : 'list';
  return { verb: isWatch ? 'watch' : (verbs[method] ?? reading), resource, flow, text: `${method} ${path}` };
}

function resourceOf(path: string): {
  readonly resource: string;
  readonly isNamed: boolean;
  readonly flow: string;
} {
  const [root, ...segments] = path.split('/').filter((segment) => segment !== '');
  // What follows /api/v1 or /apis/group/version.
  const rest = segments.slice(root === 'api' ? 1 : 2);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const [plural, name, subresource] = inNamespace ? rest.slice(2) : rest;
  if (plural === undefined) return { resource: path, isNamed: true, flow: path };
  return {
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    isNamed: name !== undefined,
    flow: inNamespace ? `namespaces/${rest[1] ?? ''}` : plural,
  };
}
