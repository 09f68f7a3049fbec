// How the tests of the CRDs try a spec: what the API server stores of it, or in which words it refuses.
import type { ApiClient } from '../../control-plane/driver/api-client.ts';
import { comparable } from '../support/refusals.ts';

/** Body of the API server's answer. */
export interface Answer {
  readonly spec?: object;
  readonly message?: string;
}

/** Where the issuers of the namespace `default` are. */
export const issuers = '/apis/pca.alibabacloud.com/v1alpha1/namespaces/default/alibabapcaissuers';

/** The least that a spec needs. */
export const minimal = { parentIdentifier: '1ef1da5f-38ed', credentials: { secretRef: { name: 'key' } } };

/** The spec as stored, or the message of the refusal without the part that names the object. Nothing is kept. */
export async function admit(api: ApiClient, spec: object): Promise<object | string> {
  const { status, body } = await api.send('POST', `${issuers}?dryRun=All&fieldValidation=Strict`, {
    apiVersion: 'pca.alibabacloud.com/v1alpha1',
    kind: 'AlibabaPCAIssuer',
    metadata: { name: 'tried' },
    spec,
  });
  const { spec: stored, message = '' } = body as Answer;
  if (status === 201) return stored ?? {};
  return comparable(message.replace('AlibabaPCAIssuer.pca.alibabacloud.com "tried" is invalid: ', ''));
}

/** The message of a refusal after which the API server did not look at the CEL rules. */
export const unchecked = (message: string): string =>
  comparable(
    `[${message}, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]`,
  );

/** The minimal spec with one field, given by its path, set to a value; `0` is the one item of a list. */
export function withField(path: string, value: unknown): object {
  const [first = '', ...rest] = path.split('.');
  const set = (object: Readonly<Record<string, unknown>>, names: readonly string[]): unknown => {
    const [name, ...deeper] = names;
    if (name === '0') return [set({ parentIdentifier: '1ef1da5f-42aa' }, deeper)];
    return name === undefined
      ? value
      : { ...object, [name]: set((object[name] ?? {}) as Readonly<Record<string, unknown>>, deeper) };
  };
  return set(baseFor(path), [first, ...rest]) as object;
}

// Credentials are of one kind: a field of another kind replaces the Secret of the minimal spec.
function baseFor(path: string): Readonly<Record<string, unknown>> {
  const named = { name: 'a' };
  if (path === 'trust.certificates') return { ...minimal, trust: { source: 'Static' } };
  if (path.startsWith('trust.certificatesFrom.'))
    return { ...minimal, trust: { source: 'Static', certificatesFrom: named } };
  if (path.startsWith('trust.publishTo.')) return { ...minimal, trust: { publishTo: named } };
  const [, kind] = /^credentials\.(rrsa|serviceAccountRef|ecsRole|assumeRole)\b/.exec(path) ?? [];
  if (kind === undefined) return minimal;
  const roleArn = 'acs:ram::1:role/a';
  const kinds: Readonly<Record<string, object>> = {
    rrsa: {},
    ecsRole: {},
    serviceAccountRef: { name: 'pca', roleArn },
    assumeRole: { secretRef: { name: 'key' }, roleArn },
  };
  return { ...minimal, credentials: { [kind]: kinds[kind] } };
}
