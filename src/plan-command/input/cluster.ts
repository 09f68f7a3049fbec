// What a plan reads of a cluster: requests that are for issuers of ours and not finished, issuers, and its UID. It writes nothing.
import type { Reader } from '../../cluster-reading/reader.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import {
  certificateRequestKind,
  certManagerApiVersion,
  certManagerPath,
  terminalState,
} from '../../crds/cert-manager.ts';
import type { CertificateRequest, IssuerReference } from '../../crds/cert-manager.ts';
import {
  isSignerOfGroup,
  isSigningEnded,
  signingRequestApiVersion,
  signingRequestKind,
  signingRequestsPath,
} from '../../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../../crds/certificate-signing-request.ts';
import { apiGroup, apiVersion, issuerKind, issuerKinds, issuerPath, issuersPath } from '../../crds/issuer.ts';
import type { IssuerKind } from '../../crds/issuer.ts';
import { describeIssuer } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import type { FileContents, InputDocument } from './documents.ts';

/** What of the cluster goes into a plan. */
export interface ClusterPart extends FileContents {
  /** Undefined where it may not be read. */
  readonly clusterUid: string | undefined;
}

const source = 'in the cluster';

/** Everything there is to plan in a namespace, or in all; CertificateSigningRequests are in none. */
export async function readAll(reader: Reader, namespace: string | undefined): Promise<ClusterPart> {
  const parts = await Promise.all([
    ...issuerKinds.map(async (kind) =>
      listed(reader, issuersPath(kind), { apiVersion, kind: kind.kind, isWanted: isIssuerOf(kind, namespace) }),
    ),
    listed<WithIssuer>(reader, certManagerPath('certificates', namespace), {
      apiVersion: certManagerApiVersion,
      kind: 'Certificate',
      isWanted: isForUs,
    }),
    listed<CertificateRequest>(reader, certManagerPath('certificaterequests', namespace), {
      apiVersion: certManagerApiVersion,
      kind: certificateRequestKind,
      isWanted: (request) => isForUs(request) && terminalState(request) === undefined,
    }),
    ...(namespace === undefined ? [signingRequests(reader)] : []),
  ]);
  return { ...joined(parts), clusterUid: await clusterUidOf(reader) };
}

/** These issuers, as far as they exist. */
export async function readIssuersOf(reader: Reader, identities: readonly IssuerIdentity[]): Promise<ClusterPart> {
  const parts = await Promise.all(identities.map(async (identity) => issuerOf(reader, identity)));
  return { ...joined(parts), clusterUid: await clusterUidOf(reader) };
}

async function issuerOf(reader: Reader, identity: IssuerIdentity): Promise<FileContents> {
  const look = await reader.get<object>(issuerPath(identity.kind, identity));
  if (look.kind === 'absent') return { documents: [], faults: [] };
  if (look.kind !== 'seen') return { documents: [], faults: [unreadable(describeIssuer(identity), look)] };
  return { documents: [documentOf(look.value)], faults: [] };
}

interface Wanted<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly isWanted: (object: T) => boolean;
}

async function listed<T extends object>(
  reader: Reader,
  path: string,
  { apiVersion, kind, isWanted }: Wanted<T>,
): Promise<FileContents> {
  const look = await reader.list<T>(path);
  if (look.kind === 'absent') return { documents: [], faults: [`The cluster does not serve ${kind} (${apiVersion}).`] };
  if (look.kind !== 'seen') return { documents: [], faults: [unreadable(`Every ${kind}`, look)] };
  const { items, more } = look.value;
  return {
    // Items of a list do not say what they are.
    documents: items.filter(isWanted).map((item) => documentOf({ ...item, apiVersion, kind })),
    faults: more
      ? [`The cluster has more than ${items.length} objects of kind ${kind}. Give a namespace with -n.`]
      : [],
  };
}

async function signingRequests(reader: Reader): Promise<FileContents> {
  return listed<CertificateSigningRequest>(reader, signingRequestsPath, {
    apiVersion: signingRequestApiVersion,
    kind: signingRequestKind,
    isWanted: (request) => isSignerOfGroup(request.spec.signerName) && !isSigningEnded(request),
  });
}

interface WithIssuer {
  readonly spec?: { readonly issuerRef?: Partial<IssuerReference> };
}

/** Requests of our kinds without our group are nobody's, and told as such. */
function isForUs({ spec }: WithIssuer): boolean {
  return spec?.issuerRef?.group === apiGroup || issuerKind(spec?.issuerRef?.kind) !== undefined;
}

function isIssuerOf(kind: IssuerKind, namespace: string | undefined) {
  return (issuer: { readonly metadata?: { readonly namespace?: string } }): boolean =>
    kind.scope === 'Cluster' || namespace === undefined || issuer.metadata?.namespace === namespace;
}

async function clusterUidOf(reader: Reader): Promise<string | undefined> {
  const look = await reader.get<{ readonly metadata: { readonly uid: string } }>('/api/v1/namespaces/kube-system');
  return look.kind === 'seen' ? look.value.metadata.uid : undefined;
}

function documentOf(object: object): InputDocument {
  return { kind: 'object', source, object: object as Readonly<Record<string, unknown>> };
}

function unreadable(what: string, look: Exclude<Seen<never>, { readonly kind: 'seen' }>): string {
  switch (look.kind) {
    case 'absent':
      return `${what} does not exist.`;
    case 'hidden':
      return `${what} cannot be read: the right to ${look.right} is missing.`;
    case 'unanswered':
      return `${what} cannot be read: ${look.why}`;
  }
}

function joined(parts: readonly FileContents[]): FileContents {
  return {
    documents: parts.flatMap(({ documents }) => documents),
    faults: parts.flatMap(({ faults }) => faults),
  };
}
