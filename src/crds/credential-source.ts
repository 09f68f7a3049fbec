// What the credentials of an issuer begin with: of the fields that exclude each other the one that is there.
import type { IssuerSpec } from './issuer.ts';

type Credentials = IssuerSpec['credentials'];
type Given<Name extends keyof Credentials> = NonNullable<Credentials[Name]>;

/** The source, with the path of its field; a role may be assumed on top of it. */
export type CredentialSource =
  | { readonly kind: 'secret'; readonly path: string; readonly ref: Given<'secretRef'> }
  | { readonly kind: 'podRole'; readonly path: string; readonly rrsa: Given<'rrsa'> }
  | { readonly kind: 'serviceAccount'; readonly path: string; readonly ref: Given<'serviceAccountRef'> }
  | { readonly kind: 'instanceRole'; readonly path: string; readonly name: string | undefined };

/** The source; undefined where there is none that is known, or more than one, as under CRDs of another version. */
export function credentialSourceOf(credentials: Credentials): CredentialSource | undefined {
  const path = 'spec.credentials';
  const { secretRef, rrsa, serviceAccountRef, ecsRole, assumeRole } = credentials;
  const sources: CredentialSource[] = [];
  if (secretRef !== undefined) sources.push({ kind: 'secret', path: `${path}.secretRef`, ref: secretRef });
  if (assumeRole?.secretRef !== undefined)
    sources.push({ kind: 'secret', path: `${path}.assumeRole.secretRef`, ref: assumeRole.secretRef });
  if (rrsa !== undefined) sources.push({ kind: 'podRole', path: `${path}.rrsa`, rrsa });
  if (serviceAccountRef !== undefined)
    sources.push({ kind: 'serviceAccount', path: `${path}.serviceAccountRef`, ref: serviceAccountRef });
  if (ecsRole !== undefined) sources.push({ kind: 'instanceRole', path: `${path}.ecsRole`, name: ecsRole.name });
  return sources.length === 1 ? sources[0] : undefined;
}
