// Which rights operator and cert-manager need for the issuers of a cluster, in the words of RBAC. Pure.
import { certManagerGroup } from '../crds/cert-manager.ts';
import { credentialSourceOf } from '../crds/credential-source.ts';
import type { CredentialSource } from '../crds/credential-source.ts';
import { apiGroup, issuerKinds } from '../crds/issuer.ts';
import type { IssuerAsRead, IssuerKind } from '../crds/issuer.ts';
import { describeRight } from '../cluster-reading/right.ts';
import type { Right } from '../cluster-reading/right.ts';
import type { Options } from '../runtime/options.ts';

const signingGroup = 'certificates.k8s.io';

/** What the chart gives the operator whatever its settings are. */
const always: readonly Right[] = [
  ...forEach(['get', 'list', 'watch'], { group: certManagerGroup, resource: 'certificaterequests' }),
  { verb: 'patch', group: certManagerGroup, resource: 'certificaterequests', subresource: 'status' },
  { verb: 'get', group: certManagerGroup, resource: 'certificates' },
  ...issuerKinds.flatMap(({ plural }): readonly Right[] => [
    ...forEach(['get', 'list', 'watch'], { group: apiGroup, resource: plural }),
    { verb: 'patch', group: apiGroup, resource: plural, subresource: 'status' },
  ]),
  { verb: 'create', group: 'events.k8s.io', resource: 'events' },
  { verb: 'get', group: '', resource: 'namespaces', name: 'kube-system' },
];

const forSigningRequests: readonly Right[] = [
  ...forEach(['get', 'list', 'watch'], { group: signingGroup, resource: 'certificatesigningrequests' }),
  { verb: 'patch', group: signingGroup, resource: 'certificatesigningrequests', subresource: 'status' },
  ...issuerKinds.map(({ plural }) => ({
    verb: 'sign',
    group: signingGroup,
    resource: 'signers',
    name: `${plural}.${apiGroup}/*`,
  })),
  { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
];

const forSecureMetrics: readonly Right[] = [
  { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
  { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
];

/** An issuer with its kind, as far as rights depend on it. */
export interface IssuerOfKind {
  readonly kind: IssuerKind;
  readonly issuer: IssuerAsRead;
}

/** Where the operator looks for what it needs, as far as rights depend on it. */
export interface OperatorPlaces {
  readonly options: Pick<
    Options,
    | 'leader-elect'
    | 'leader-election-name'
    | 'leader-election-namespace'
    | 'certificate-signing-requests'
    | 'cluster-resource-namespace'
    | 'metrics-address'
  >;
  /** Its own namespace. */
  readonly namespace: string;
}

/** Everything that the operator needs, each once. */
export function operatorRights(places: OperatorPlaces, issuers: readonly IssuerOfKind[]): readonly Right[] {
  const { options, namespace } = places;
  const election = {
    group: 'coordination.k8s.io',
    resource: 'leases',
    namespace: options['leader-election-namespace'] || namespace,
  };
  const lease: readonly Right[] = [
    { ...election, verb: 'create' },
    ...forEach(['get', 'update'], { ...election, name: options['leader-election-name'] }),
  ];
  const rights = [
    ...always,
    ...(options['leader-elect'] ? lease : []),
    ...(options['certificate-signing-requests'] ? forSigningRequests : []),
    ...(options['metrics-address'] === '' ? [] : forSecureMetrics),
    ...issuers.flatMap((each) => issuerRights(each, options['cluster-resource-namespace'] || namespace)),
  ];
  return [...new Map(rights.map((right) => [describeRight(right), right])).values()];
}

/** What cert-manager needs to make requests for Certificates, and to write what comes of them. */
export const certManagerRights: readonly Right[] = [
  ...forEach(['create', 'list', 'watch'], { group: certManagerGroup, resource: 'certificaterequests' }),
  { verb: 'update', group: certManagerGroup, resource: 'certificaterequests', subresource: 'status' },
  { verb: 'update', group: certManagerGroup, resource: 'certificates', subresource: 'status' },
  ...forEach(['get', 'create', 'update'], { group: '', resource: 'secrets' }),
];

/** The right to approve requests for all issuers of a kind, or for one (cert-manager: docs, "Approver"). */
export function approvalRight(
  kind: IssuerKind,
  issuer?: { readonly namespace?: string; readonly name: string },
): Right {
  const { namespace } = issuer ?? {};
  const object = issuer === undefined ? '*' : `${namespace === undefined ? '' : `${namespace}.`}${issuer.name}`;
  return {
    verb: 'approve',
    group: certManagerGroup,
    resource: 'signers',
    name: `${kind.plural}.${apiGroup}/${object}`,
  };
}

/** The right to approve CertificateSigningRequests for a signer of Kubernetes. */
export function signerApproval(name: string): Right {
  return { verb: 'approve', group: signingGroup, resource: 'signers', name };
}

function issuerRights({ issuer }: IssuerOfKind, clusterResourceNamespace: string): readonly Right[] {
  const { spec, metadata } = issuer;
  if (spec === undefined) return [];
  const namespace = metadata.namespace ?? clusterResourceNamespace;
  const source = credentialSourceOf(spec.credentials);
  const { certificatesFrom, publishTo } = spec.trust;
  const published = {
    group: '',
    resource: 'configmaps',
    namespace: metadata.namespace ?? publishTo?.namespace ?? clusterResourceNamespace,
  };
  return [
    ...(source === undefined ? [] : sourceRights(source, namespace)),
    ...(certificatesFrom === undefined
      ? []
      : [
          {
            verb: 'get',
            group: '',
            resource: certificatesFrom.kind === 'Secret' ? 'secrets' : 'configmaps',
            namespace,
            name: certificatesFrom.name,
          },
        ]),
    ...(publishTo === undefined
      ? []
      : [
          { ...published, verb: 'create' },
          ...forEach(['get', 'patch', 'delete'], { ...published, name: publishTo.name }),
        ]),
  ];
}

function sourceRights(source: CredentialSource, namespace: string): readonly Right[] {
  if (source.kind === 'secret')
    return [{ verb: 'get', group: '', resource: 'secrets', namespace, name: source.ref.name }];
  if (source.kind !== 'serviceAccount') return [];
  const account = { group: '', resource: 'serviceaccounts', namespace, name: source.ref.name };
  return [
    { verb: 'get', ...account },
    { verb: 'create', ...account, subresource: 'token' },
  ];
}

function forEach(verbs: readonly string[], what: Omit<Right, 'verb'>): readonly Right[] {
  return verbs.map((verb) => ({ verb, ...what }));
}
