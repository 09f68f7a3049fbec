// Reads what a migration depends on. It writes nothing.
import type { Reader } from '../cluster-reading/reader.ts';
import type { Seen } from '../cluster-reading/seen.ts';
import { mapSeen, seen } from '../cluster-reading/seen.ts';
import { certManagerPath } from '../crds/cert-manager.ts';
import type { IssuerReference } from '../crds/cert-manager.ts';
import { apiGroup, issuerKinds, issuersPath } from '../crds/issuer.ts';
import { annotations } from './facts.ts';
import type { AskedNames, Facts, FoundCertificate, OurIssuer } from './facts.ts';
import { incumbentGroup, incumbentKinds } from './incumbent.ts';
import type { IncumbentIssuer, IncumbentSpec } from './incumbent.ts';

/** Which objects are meant, and which way they go. */
export interface Scope {
  readonly namespace: string | undefined;
  readonly undo: boolean;
}

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly generation?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[];
}

/** A Certificate, with the fields that are read. */
export interface StoredCertificate {
  readonly metadata: Meta;
  readonly spec: AskedNames & { readonly secretName: string; readonly issuerRef: IssuerReference };
  readonly status?: {
    readonly revision?: number;
    readonly lastFailureTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly observedGeneration?: number;
    }[];
  };
}

/** Reads all of it; throws, in a sentence, where a list cannot be read. */
export async function look(reader: Reader, scope: Scope): Promise<Facts> {
  const [incumbents, ours, certificates] = await Promise.all([
    readIncumbents(reader),
    readOurs(reader),
    readCertificates(reader, scope),
  ]);
  const { namespace } = scope;
  if (namespace === undefined) return { incumbents, ours, certificates };
  const references = certificates.flatMap(({ issuerRef, migratedFrom }) => [issuerRef, migratedFrom]);
  const isMeant = (kinds: readonly string[], issuer: Pick<IncumbentIssuer, 'namespace' | 'name'>): boolean =>
    issuer.namespace === undefined
      ? references.some((reference) => reference?.name === issuer.name && kinds.includes(reference.kind ?? ''))
      : issuer.namespace === namespace;
  return {
    incumbents: incumbents.filter((issuer) => isMeant([issuer.kind.kind, issuer.kind.becomes], issuer)),
    ours: ours.filter(({ identity }) => isMeant([identity.kind.kind], identity)),
    certificates,
  };
}

/** Whether a Certificate is ready in its present form. */
export function isReady({ metadata, status }: StoredCertificate): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: state, observedGeneration = 0 }) =>
      type === 'Ready' && state === 'True' && observedGeneration >= (metadata.generation ?? 0),
  );
}

/** Whether cert-manager is issuing it. */
export function isIssuing({ status }: Pick<StoredCertificate, 'status'>): boolean {
  return (status?.conditions ?? []).some(({ type, status: state }) => type === 'Issuing' && state === 'True');
}

/** None where the cluster does not know the incumbent. */
async function readIncumbents(reader: Reader): Promise<readonly IncumbentIssuer[]> {
  const group = await reader.get<{ readonly preferredVersion?: { readonly groupVersion?: string } }>(
    `/apis/${incumbentGroup}`,
  );
  if (group.kind === 'absent') return [];
  const version = valueOrThrow(group, `The API group ${incumbentGroup}`).preferredVersion?.groupVersion ?? '';
  const lists = incumbentKinds.map(async (kind) => {
    const found = await listed<{ readonly metadata: Meta; readonly spec?: IncumbentSpec }>(
      reader,
      `/apis/${version}/${kind.plural}`,
      kind.kind,
    );
    return found.map(({ metadata: { name, namespace }, spec = {} }) => ({ kind, namespace, name, spec }));
  });
  return (await Promise.all(lists)).flat();
}

async function readOurs(reader: Reader): Promise<readonly OurIssuer[]> {
  const lists = issuerKinds.map(async (kind) => {
    const found = await listed<{ readonly metadata: Meta; readonly spec?: { readonly parentIdentifier?: string } }>(
      reader,
      issuersPath(kind),
      kind.kind,
    );
    return found.map(({ metadata, spec }) => ({
      identity: { kind, namespace: metadata.namespace, name: metadata.name },
      uid: metadata.uid,
      parentIdentifier: spec?.parentIdentifier,
      isMigrated: metadata.annotations?.[annotations.migratedFrom] !== undefined,
    }));
  });
  return (await Promise.all(lists)).flat();
}

async function readCertificates(reader: Reader, { namespace, undo }: Scope): Promise<readonly FoundCertificate[]> {
  const found = await listed<StoredCertificate>(reader, certManagerPath('certificates', namespace), 'Certificate');
  const related = found.filter(({ spec }) => [apiGroup, incumbentGroup].includes(spec.issuerRef.group ?? ''));
  const certificates: FoundCertificate[] = [];
  // Each has a deadline of its own, which begins before there is a connection for it.
  for (let at = 0; at < related.length; at += atOnce) {
    const some = related.slice(at, at + atOnce);
    certificates.push(...(await Promise.all(some.map(async (each) => readCertificate(reader, each, undo)))));
  }
  return certificates;
}

async function readCertificate(
  reader: Reader,
  certificate: StoredCertificate,
  undo: boolean,
): Promise<FoundCertificate> {
  const { metadata, spec, status } = certificate;
  const { name, namespace = '', uid, annotations: given = {}, ownerReferences = [] } = metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  const migratedFrom = referenceIn(given[annotations.migratedFrom]);
  const isHeld = given[annotations.held] !== undefined;
  const moves = isHeld || (undo ? migratedFrom !== undefined : spec.issuerRef.group === incumbentGroup);
  return {
    namespace,
    name,
    uid,
    issuerRef: spec.issuerRef,
    migratedFrom,
    isHeld,
    owner: owner && `${owner.kind} "${owner.name}"`,
    isReady: isReady(certificate),
    isIssuing: isIssuing(certificate),
    hasFailed: status?.lastFailureTime !== undefined,
    names: spec,
    secretName: spec.secretName,
    chain: moves ? await readChain(reader, namespace, spec.secretName) : seen(undefined),
  };
}

async function readChain(reader: Reader, namespace: string, name: string): Promise<Seen<string | undefined>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  const look = await reader.get<{ readonly data?: Readonly<Record<string, string>> }>(path);
  // The key in it is not kept.
  return mapSeen(look, ({ data }) => {
    const chain = data?.['tls.crt'];
    return chain === undefined ? undefined : Buffer.from(chain, 'base64').toString('latin1');
  });
}

/** The reference in an annotation; undefined where there is none that is one. */
function referenceIn(text: string | undefined): IssuerReference | undefined {
  try {
    const { group, kind, name } = JSON.parse(text ?? '{}') as Readonly<Record<string, unknown>>;
    return typeof group === 'string' && typeof kind === 'string' && typeof name === 'string'
      ? { group, kind, name }
      : undefined;
  } catch {
    return undefined;
  }
}

async function listed<T>(reader: Reader, path: string, kind: string): Promise<readonly T[]> {
  const { items, more } = valueOrThrow(await reader.list<T>(path, {}, mostObjects), `Every ${kind}`);
  if (!more) return items;
  throw new Error(`There are more than ${mostObjects} objects of kind ${kind}. Give a namespace with -n.`);
}

const mostObjects = 20_000;
const atOnce = 16;

function valueOrThrow<T>(look: Seen<T>, what: string): T {
  switch (look.kind) {
    case 'seen':
      return look.value;
    case 'absent':
      throw new Error(
        `${what} cannot be read: the cluster does not serve it. Are the CRDs of both operators installed?`,
      );
    case 'hidden':
      throw new Error(`${what} cannot be read: the right to ${look.right} is missing.`);
    case 'unanswered':
      throw new Error(`${what} cannot be read: ${look.why}`);
  }
}
