// What a test does with a cluster: create, read, wait, delete, kubectl. Talks to the API server as the administrator
// of the kubeconfig, so that a poll costs a request and not a process.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

import { ApiClient, messageOf } from '../../control-plane/driver/api-client.ts';
import type { ApiAnswer } from '../../control-plane/driver/api-client.ts';
import { certificateRequestKind, certManagerApiVersion } from '../../src/crds/cert-manager.ts';
import type { CertificateRequest } from '../../src/crds/cert-manager.ts';
import { circumstancesOf } from './circumstances.ts';
import { NotYet, until } from './wait.ts';
import type { WaitOptions } from './wait.ts';

/** A Kubernetes object as sent or received. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Names one object. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Where a cluster is and how its kubectl is started (program, then leading arguments). */
export interface ClusterAccess {
  readonly kubeconfig: string;
  readonly kubectl: readonly string[];
  /** What the operator has logged, for the errors of waits; where it is not given they tell nothing of it. */
  readonly operatorLog?: () => Promise<string>;
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const manager = 'fieldManager=test&force=true';

/** One cluster, as its administrator. */
export class Cluster {
  readonly kubeconfig: string;
  readonly api: ApiClient;
  readonly #kubectl: readonly string[];
  readonly #operatorLog: () => Promise<string>;
  readonly #resources = new Map<string, readonly ApiResource[]>();

  constructor(access: ClusterAccess) {
    this.kubeconfig = access.kubeconfig;
    this.#kubectl = access.kubectl;
    this.#operatorLog = access.operatorLog ?? (async () => '');
    this.api = openApi(access.kubeconfig);
  }

  /** Runs kubectl and returns its standard output; an error carries what it wrote to standard error. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const [program = 'kubectl', ...leading] = this.#kubectl;
    return new Promise((resolve, reject) => {
      const child = execFile(
        program,
        [...leading, '--kubeconfig', this.kubeconfig, ...args],
        { maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`kubectl ${args.join(' ')} failed: ${stderr.trim()}`));
        },
      );
      child.stdin?.end(input ?? '');
    });
  }

  /** Applies an object, several, or YAML text (server-side, as `test`); answers what the server made of each. */
  async apply(what: string | Manifest | readonly Manifest[]): Promise<readonly Manifest[]> {
    const applied: Manifest[] = [];
    for (const manifest of manifestsOf(what)) {
      const path = `${await this.#path(reference(manifest))}?${manager}`;
      const answer = await this.api.send('PATCH', path, JSON.stringify(manifest), 'application/apply-patch+yaml');
      applied.push(objectOf(answer, `${manifest.kind} ${manifest.metadata.name} could not be applied`));
    }
    return applied;
  }

  /** The object, or undefined when there is none. */
  async get(what: ObjectReference): Promise<Manifest | undefined> {
    const answer = await this.api.send('GET', await this.#path(what));
    return answer.status === 404 ? undefined : objectOf(answer, `${what.kind} ${what.name} could not be read`);
  }

  /** Every object of a kind, in one namespace or in all. */
  async list(what: Omit<ObjectReference, 'name'>, query = ''): Promise<readonly Manifest[]> {
    const answer = await this.api.send('GET', `${await this.#collection(what)}${query === '' ? '' : `?${query}`}`);
    const list = bodyOf(answer, `The ${what.kind} objects could not be listed`) as {
      readonly items: readonly Manifest[];
    };
    return list.items;
  }

  /** Changes an object by a merge patch; `subresource` is for instance `status`. */
  async patch(what: ObjectReference, change: object, subresource?: string): Promise<Manifest> {
    const path = `${await this.#path(what)}${subresource === undefined ? '' : `/${subresource}`}`;
    const answer = await this.api.send('PATCH', path, change, 'application/merge-patch+json');
    return objectOf(answer, `${what.kind} ${what.name} could not be changed`);
  }

  /** Deletes an object; one that is gone already is no error. */
  async delete(what: ObjectReference): Promise<void> {
    const answer = await this.api.send('DELETE', await this.#path(what));
    if (answer.status !== 404) bodyOf(answer, `${what.kind} ${what.name} could not be deleted`);
  }

  /** Deletes an object unless it was changed since it was read like that; says whether it is gone. */
  async deleteUnchanged(what: ObjectReference, { metadata }: Manifest): Promise<boolean> {
    const { resourceVersion, uid } = metadata;
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion, uid } };
    const answer = await this.api.send('DELETE', await this.#path(what), options);
    if (answer.status === 409) return false;
    if (answer.status !== 404) bodyOf(answer, `${what.kind} ${what.name} could not be deleted`);
    return true;
  }

  /** Makes a namespace of its own for a test; the labels are for instance those that spare it from the webhooks. */
  async createNamespace(prefix: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    return name;
  }

  /** Waits until `condition` holds for the object and returns it then; it may also throw to say what is missing. */
  async waitFor(
    what: ObjectReference,
    description: string,
    condition: (object: Manifest) => boolean,
    options: WaitOptions = {},
  ): Promise<Manifest> {
    const witnesses = { requests: async (namespace: string) => this.#requests(namespace), log: this.#operatorLog };
    const where = `${what.kind} ${what.namespace === undefined ? '' : `${what.namespace}/`}${what.name}`;
    return until(
      `${where}: ${description}`,
      async () => {
        const object = await this.get(what);
        if (object === undefined) throw new NotYet('there is no such object');
        if (!condition(object)) throw new NotYet(object['status'] ?? 'an object without status');
        return object;
      },
      { more: async () => circumstancesOf(what, witnesses), ...options },
    );
  }

  /** Waits until the object has this condition, in the present generation where the condition names one. */
  async waitForCondition(
    what: ObjectReference,
    wanted: { readonly type: string; readonly status: string; readonly reason?: string },
    options: WaitOptions = {},
  ): Promise<Manifest> {
    const description = `condition ${wanted.type}=${wanted.status}${wanted.reason === undefined ? '' : ` (${wanted.reason})`}`;
    return this.waitFor(what, description, (object) => hasCondition(object, wanted), options);
  }

  /** Closes the connections. */
  close(): void {
    this.api.close();
  }

  async #requests(namespace: string): Promise<readonly CertificateRequest[]> {
    const found = await this.list({ apiVersion: certManagerApiVersion, kind: certificateRequestKind, namespace });
    return found as unknown as readonly CertificateRequest[];
  }

  async #path(what: ObjectReference): Promise<string> {
    const { namespaced } = await this.#resource(what);
    if (namespaced && what.namespace === undefined)
      throw new Error(`${what.kind} ${what.name} lives in a namespace, and none was given.`);

    return `${await this.#collection(what)}/${what.name}`;
  }

  async #collection(what: Omit<ObjectReference, 'name'>): Promise<string> {
    const { name, namespaced } = await this.#resource(what);
    const root = what.apiVersion.includes('/') ? `/apis/${what.apiVersion}` : `/api/${what.apiVersion}`;
    return namespaced && what.namespace !== undefined
      ? `${root}/namespaces/${what.namespace}/${name}`
      : `${root}/${name}`;
  }

  // A CustomResourceDefinition just created is served a moment later, so an unknown kind is asked for again.
  async #resource(what: Omit<ObjectReference, 'name'>): Promise<ApiResource> {
    return until(`${what.apiVersion} ${what.kind} to be served`, async () => {
      const known = this.#resources.get(what.apiVersion)?.find(({ kind }) => kind === what.kind);
      if (known !== undefined) return known;
      const root = what.apiVersion.includes('/') ? `/apis/${what.apiVersion}` : `/api/${what.apiVersion}`;
      const answer = await this.api.send('GET', root);
      const { resources } = bodyOf(answer, `${what.apiVersion} is not served`) as {
        readonly resources: readonly ApiResource[];
      };
      this.#resources.set(
        what.apiVersion,
        resources.filter(({ name }) => !name.includes('/')),
      );
      throw new NotYet(`kinds ${resources.map(({ kind }) => kind).join(', ')}`);
    });
  }
}

/** Names the object that a manifest describes. */
export function reference({ apiVersion, kind, metadata }: Manifest): ObjectReference {
  return metadata.namespace === undefined
    ? { apiVersion, kind, name: metadata.name }
    : { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

/** Whether an object has the condition; one about an older generation of the object does not count. */
export function hasCondition(
  object: Manifest,
  wanted: { readonly type: string; readonly status: string; readonly reason?: string },
): boolean {
  return conditionsOf(object).some(
    ({ type, status, reason, observedGeneration }) =>
      type === wanted.type &&
      status === wanted.status &&
      (wanted.reason === undefined || reason === wanted.reason) &&
      (observedGeneration === undefined || observedGeneration === object.metadata.generation),
  );
}

/** A condition as objects of Kubernetes and of cert-manager carry it. */
export interface ObjectCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
}

/** The conditions of an object; none when it has no status yet. */
export function conditionsOf(object: Manifest): readonly ObjectCondition[] {
  const status = object['status'] as { readonly conditions?: readonly ObjectCondition[] } | undefined;
  return status?.conditions ?? [];
}

/** The objects of a YAML text with any number of documents. */
export function readManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

function manifestsOf(what: string | Manifest | readonly Manifest[]): readonly Manifest[] {
  if (typeof what === 'string') return readManifests(what);
  return 'kind' in what ? [what] : what;
}

function bodyOf(answer: ApiAnswer, failure: string): unknown {
  if (answer.status >= 300) throw new Error(`${failure}: ${answer.status} ${messageOf(answer)}`);
  return answer.body;
}

function objectOf(answer: ApiAnswer, failure: string): Manifest {
  return bodyOf(answer, failure) as Manifest;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

function openApi(kubeconfig: string): ApiClient {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { cluster } = clusters[0];
  const { user } = users[0];
  // The client takes files, and reads them at once.
  const directory = mkdtempSync(join(tmpdir(), 'pca-test-'));
  const file = (name: string, data: string | undefined): string => {
    const path = join(directory, name);
    writeFileSync(path, Buffer.from(data ?? '', 'base64'), { mode: 0o600 });
    return path;
  };
  try {
    return new ApiClient(cluster['server'] ?? '', {
      caFile: file('ca', cluster['certificate-authority-data']),
      certificateFile: file('certificate', user['client-certificate-data']),
      keyFile: file('key', user['client-key-data']),
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
