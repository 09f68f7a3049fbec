// The roots that clients of an issuer are told of, each from its own place.
import type { Cluster, ObjectReference } from '../cluster.ts';

/** What the issuer's status says that clients must trust, PEM. */
export async function trustedRoots(cluster: Cluster, issuer: ObjectReference): Promise<string> {
  const found = await cluster.get(issuer);
  const status = found?.['status'] as { readonly trust?: { readonly bundle?: string } } | undefined;
  const bundle = status?.trust?.bundle;
  if (bundle === undefined) throw new Error(`The status of ${issuer.kind} ${issuer.name} has no trust.bundle.`);
  return bundle;
}

/** The members of a Secret of a Certificate, PEM. */
export async function certificateSecret(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Readonly<Record<'tls.crt' | 'tls.key' | 'ca.crt', string>>> {
  const found = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name });
  const data = (found?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const read = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return { 'tls.crt': read('tls.crt'), 'tls.key': read('tls.key'), 'ca.crt': read('ca.crt') };
}
