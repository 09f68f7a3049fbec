// The issuers of the cluster, with what they publish and the roots that their clients must trust.
import { X509Certificate } from 'node:crypto';
import type { CertificateRequest } from '../../crds/cert-manager.ts';
import { issuerKey, referencedIssuer } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { issuerPath, issuersPath, issuerKinds } from '../../crds/issuer.ts';
import type { IssuerAsRead, IssuerKind } from '../../crds/issuer.ts';
import { readIssuer } from '../../crds/issuer-reading.ts';
import { readCertificatePems } from '../../issuing/x509/pem.ts';
import type { IssuerFacts } from '../facts.ts';
import { mapSeen, valueOr } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import type { Reader } from '../../cluster-reading/reader.ts';

/** The issuers of each kind, or the one that is named alone; without what else is looked at. */
export async function lookAtIssuers(
  named: IssuerIdentity | undefined,
  reader: Reader,
): Promise<Readonly<Record<IssuerKind['kind'], Seen<readonly IssuerAsRead[]>>>> {
  const [namespaced, clusterScoped] = await Promise.all(
    issuerKinds.map(async (kind): Promise<Seen<readonly IssuerAsRead[]>> => {
      if (named !== undefined && named.kind !== kind) return { kind: 'seen', value: [] };
      if (named === undefined) {
        const look = await reader.list<Parameters<typeof readIssuer>[0]>(issuersPath(kind));
        return mapSeen(look, ({ items }) => items.map(readIssuer));
      }
      const look = await reader.get<Parameters<typeof readIssuer>[0]>(issuerPath(kind, named));
      return mapSeen(look, (issuer) => [readIssuer(issuer)]);
    }),
  );
  const none = { kind: 'absent' as const };
  return { AlibabaPCAIssuer: namespaced ?? none, AlibabaPCAClusterIssuer: clusterScoped ?? none };
}

/** An issuer with what it publishes; `requests` tell its root where its status does not. */
export async function issuerFacts(
  kind: IssuerKind,
  issuer: IssuerAsRead,
  { reader, requests }: { readonly reader: Reader; readonly requests: readonly CertificateRequest[] },
): Promise<IssuerFacts> {
  const { name, namespace } = issuer.metadata;
  const identity: IssuerIdentity = { kind, namespace, name };
  const bundle = issuer.status?.trust?.bundle ?? lastRoot(identity, requests);
  return {
    identity,
    issuer,
    cloud: undefined,
    published: await publishedBy(issuer, reader),
    roots: (bundle === undefined ? undefined : fingerprintsOf(bundle)) ?? [],
  };
}

/** Fingerprints of the certificates of a PEM text; undefined where one cannot be read. Pure. */
export function fingerprintsOf(pem: string): readonly string[] | undefined {
  try {
    return readCertificatePems(pem)?.map((der) => new X509Certificate(der).fingerprint256);
  } catch {
    return undefined;
  }
}

async function publishedBy({ status }: IssuerAsRead, reader: Reader): Promise<IssuerFacts['published']> {
  const configMap = status?.trust?.configMap;
  if (configMap === undefined) return undefined;
  const { namespace, name, key } = configMap;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`;
  const look = await reader.get<{ readonly data?: Readonly<Record<string, string>> }>(path);
  return mapSeen(look, ({ data = {} }) => (Object.hasOwn(data, key) ? data[key] : undefined));
}

/** `ca.crt` of the youngest certificate that the issuer gave. */
function lastRoot(identity: IssuerIdentity, requests: readonly CertificateRequest[]): string | undefined {
  const key = issuerKey(identity);
  const [youngest] = requests
    .filter(({ spec, metadata, status }) => {
      const issuer = referencedIssuer(spec.issuerRef, metadata.namespace);
      return status?.ca !== undefined && issuer !== undefined && issuerKey(issuer) === key;
    })
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  return youngest?.status?.ca === undefined ? undefined : Buffer.from(youngest.status.ca, 'base64').toString('utf8');
}

/** The issuers that could be seen, of both kinds. */
export function allIssuers<T>(issuers: Readonly<Record<IssuerKind['kind'], Seen<readonly T[]>>>): readonly T[] {
  return issuerKinds.flatMap(({ kind }) => valueOr(issuers[kind], []));
}
