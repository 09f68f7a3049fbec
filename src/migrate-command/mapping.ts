// From an issuer of alibabacloud-privateca-issuer to the spec of ours that does the same. Pure.
import { admit } from '../crds/admission.ts';
import { issuerSpecSchema } from '../crds/issuer-schema/spec.ts';
import type { IncumbentIssuer, IncumbentSpec } from './incumbent.ts';

/** The spec of the new issuer, as a user would write it, with what its owner has to know; or why there can be none. */
export type Mapped =
  | { readonly kind: 'mapped'; readonly spec: object; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

interface Role {
  readonly roleArn: string;
  readonly sessionName: string;
}

type Source =
  | { readonly kind: 'source'; readonly credentials: object; readonly role?: Role; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

/** Maps an issuer. */
export function mapIssuer(issuer: IncumbentIssuer): Mapped {
  const { spec } = issuer;
  const source = sourceOf(issuer);
  if (source.kind === 'refused') return source;
  const remote = remoteRoleOf(spec);
  if (source.role !== undefined && remote !== undefined) {
    return refused(
      'It assumes ramRoleARN with an access key, and remoteRamRoleARN with that role. Here a key assumes one role: let its user assume remoteRamRoleARN itself, and make the issuer by hand.',
    );
  }
  const assumeRole = remote ?? source.role;
  const mapped = {
    parentIdentifier: spec.parentIdentifier ?? '',
    credentials: { ...source.credentials, ...(assumeRole === undefined ? {} : { assumeRole }) },
  };
  const admitted = admit(issuerSpecSchema, mapped, 'spec');
  if (admitted.kind === 'rejected') return refused(`Its new spec would be refused: ${admitted.faults.join(' ')}`);
  return { kind: 'mapped', spec: mapped, notes: [...source.notes, ...notesAbout(spec)] };
}

/** The first source that the incumbent would have tried. */
function sourceOf({ kind, namespace, spec }: IncumbentIssuer): Source {
  const { ramRoleARN: roleArn = '', oidcProviderARN: oidcProviderArn = '', accessKey, accessKeySecret } = spec;
  const isNamespaced = kind.kind === 'PCAIssuer';
  if (roleArn !== '' && oidcProviderArn !== '') {
    return {
      kind: 'source',
      credentials: { rrsa: { roleArn, oidcProviderArn } },
      notes: [
        "The trust policy of the role must allow the ServiceAccount of this operator, as it allowed the incumbent's (docs/credentials.md).",
        ...(isNamespaced
          ? ["AlibabaPCAIssuers may use the operator's role only with --issuer-ambient-credentials."]
          : []),
      ],
    };
  }
  if (accessKey !== undefined && accessKeySecret !== undefined)
    return keySource({ accessKey, accessKeySecret }, spec, isNamespaced ? namespace : undefined);
  const half = roleArn === '' && oidcProviderArn === '' ? [] : [halfNote(roleArn, spec)];
  return {
    kind: 'source',
    credentials: { ecsRole: {} },
    notes: [
      ...half,
      ...(isNamespaced ? ['AlibabaPCAIssuers may use the role of the node only with --issuer-ecs-role.'] : []),
    ],
  };
}

function keySource(
  { accessKey, accessKeySecret }: Required<Pick<IncumbentSpec, 'accessKey' | 'accessKeySecret'>>,
  { ramRoleARN: roleArn = '', ramRoleSessionName: sessionName = '' }: IncumbentSpec,
  ownNamespace: string | undefined,
): Source {
  const { namespace, name } = accessKey;
  if (name !== accessKeySecret.name || namespace !== accessKeySecret.namespace) {
    return refused(
      `The two halves of its access key are in two Secrets, ${namespace}/${name} and ${accessKeySecret.namespace}/${accessKeySecret.name}. Put both into one, and make the issuer by hand.`,
    );
  }
  if (ownNamespace !== undefined && namespace !== ownNamespace) {
    return refused(
      `Its access key is in the Secret ${namespace}/${name}, and an AlibabaPCAIssuer reads Secrets of its own namespace alone. Put it into a Secret of ${ownNamespace}, and change accessKey and accessKeySecret to that.`,
    );
  }
  const keys = { accessKeyId: accessKey.key, accessKeySecret: accessKeySecret.key };
  return {
    kind: 'source',
    credentials: { secretRef: { name, keys } },
    ...(roleArn === '' || sessionName === '' ? {} : { role: { roleArn, sessionName } }),
    notes: [
      ownNamespace === undefined
        ? `The Secret ${name} must be in the operator's cluster resource namespace (--cluster-resource-namespace); the incumbent read it in ${namespace}. The operator needs the right to read it (Helm: secretAccess).`
        : `The operator needs the right to read Secrets in ${ownNamespace} (Helm: secretAccess).`,
    ],
  };
}

function halfNote(roleArn: string, { ramRoleARN, oidcProviderARN }: IncumbentSpec): string {
  const [given, missing] =
    roleArn === ''
      ? [`oidcProviderARN ${oidcProviderARN}`, 'ramRoleARN']
      : [`ramRoleARN ${ramRoleARN}`, 'oidcProviderARN'];
  return `It names ${given} without ${missing}, so the incumbent used the role of its node, and so will this issuer. Check whether that was meant.`;
}

function remoteRoleOf({ remoteRamRoleARN = '', remoteRamRoleSessionName = '' }: IncumbentSpec): Role | undefined {
  return remoteRamRoleARN === '' || remoteRamRoleSessionName === ''
    ? undefined
    : { roleArn: remoteRamRoleARN, sessionName: remoteRamRoleSessionName };
}

function notesAbout(spec: IncumbentSpec): readonly string[] {
  const { remoteRamRoleARN = '', remoteRamRoleSessionName = '', roleSessionExpiration = '' } = spec;
  return [
    ...(remoteRamRoleARN !== '' && remoteRamRoleSessionName === ''
      ? [
          `The incumbent ignored remoteRamRoleARN ${remoteRamRoleARN}, because remoteRamRoleSessionName is missing, and so it is left out. Add credentials.assumeRole if it was meant.`,
        ]
      : []),
    ...(roleSessionExpiration === '' ? [] : ['roleSessionExpiration had no effect, and is left out.']),
  ];
}

function refused(why: string): { readonly kind: 'refused'; readonly why: string } {
  return { kind: 'refused', why };
}
