// Every istiod that has to do with our issuers: whom it asks, for how long a certificate, and which roots it hands out.
import { parse } from 'yaml';
import { certManagerApiVersion } from '../../crds/cert-manager.ts';
import type { IssuerReference } from '../../crds/cert-manager.ts';
import { isSignerOfGroup, signerReference } from '../../crds/certificate-signing-request.ts';
import { apiGroup } from '../../crds/issuer.ts';
import { referencedIssuer } from '../../crds/issuer-ref.ts';
import type { IstiodFacts, MeshSigner } from '../facts.ts';
import { signerApproval } from '../rights.ts';
import type { Right } from '../../cluster-reading/right.ts';
import { mapSeen, seen, valueOr } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import { fingerprintsOf } from './issuers.ts';
import { deploymentsPath } from './operator.ts';
import type { Deployment } from './operator.ts';
import type { Reader } from '../../cluster-reading/reader.ts';

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
}

interface MeshConfig {
  readonly defaultConfig?: { readonly proxyMetadata?: Readonly<Record<string, unknown>> };
  readonly caCertificates?: readonly { readonly pem?: unknown; readonly certSigners?: unknown }[];
}

interface Intermediate {
  readonly spec?: { readonly secretName?: string; readonly issuerRef?: IssuerReference };
}

type Environment = Readonly<Record<string, string | undefined>>;

const istiodLabel = 'app=istiod';
// Istio 1.31: what its agents ask for, and istiod for itself, unless told otherwise.
const defaults = { SECRET_TTL: '24h0m0s', CITADEL_SELF_SIGNED_CA_CERT_TTL: '87600h0m0s' } as const;
const providerPrefix = 'k8s.io/';
const secretOfIstiod = 'cacerts';

/** The istiods of the cluster that use one of our signers, or are a CA below one of our issuers. */
export async function lookAtMesh(reader: Reader): Promise<Seen<readonly IstiodFacts[]>> {
  const look = await reader.list<Deployment>(deploymentsPath(), { labelSelector: istiodLabel });
  if (look.kind !== 'seen') return look;
  const all = await Promise.all(look.value.items.map(async (deployment) => istiodFacts(deployment, reader)));
  return seen(all.filter((istiod) => (istiod.workloads ?? istiod.own ?? istiod.intermediate) !== undefined));
}

async function istiodFacts(deployment: Deployment, reader: Reader): Promise<IstiodFacts> {
  const { namespace, name } = deployment.metadata;
  const configMaps = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`;
  const [config, root, certificates] = await Promise.all([
    reader.get<ConfigMap>(`${configMaps}/istio`),
    reader.get<ConfigMap>(`${configMaps}/istio-ca-root-cert`),
    reader.list<Intermediate>(
      `/apis/${certManagerApiVersion}/namespaces/${encodeURIComponent(namespace)}/certificates`,
    ),
  ]);
  const mesh = mapSeen(config, ({ data }) => meshConfigOf(data?.['mesh']));
  const { containers = [], serviceAccountName: serviceAccount = 'default' } = deployment.spec?.template?.spec ?? {};
  const env = containers.flatMap((container) => container.env ?? []);
  const environment: Environment = Object.fromEntries(env.map(({ name: key, value }) => [key, value]));
  const known: MeshConfig = valueOr(mesh, {});
  const { workloads, own } = signersOf(environment, known);
  const account = { namespace, name: serviceAccount };
  return {
    deployment: { namespace, name },
    serviceAccount,
    workloads,
    own,
    usesKubernetesSigner: (environment['K8S_SIGNER'] ?? '') !== '',
    lifetimes: lifetimesOf(environment, known),
    trusted: mapSeen(mesh, trustedBySigner),
    intermediate: intermediateIssuer(valueOr(certificates, { items: [] }).items, namespace),
    handedOut: mapSeen(root, ({ data }) => fingerprintsOf(data?.['root-cert.pem'] ?? '') ?? []),
    mayApprove: workloads && (await reader.may(workloadApproval(workloads), account)),
  };
}

/** The right to approve for every signer of a domain, as Istio's chart grants it. */
function workloadApproval({ signerName }: MeshSigner): Right {
  return signerApproval(`${signerName.split('/', 1)[0] ?? ''}/*`);
}

function meshConfigOf(text: string | undefined): MeshConfig {
  try {
    return (parse(text ?? '') ?? {}) as MeshConfig;
  } catch {
    return {};
  }
}

/** The signers of workloads' certificates and of istiod's own, where they are of our group. Pure. */
export function signersOf(
  environment: Environment,
  { defaultConfig }: MeshConfig,
): { readonly workloads: MeshSigner | undefined; readonly own: MeshSigner | undefined } {
  const domain = environment['CERT_SIGNER_DOMAIN'] ?? '';
  const signer = defaultConfig?.proxyMetadata?.['ISTIO_META_CERT_SIGNER'];
  const provider = environment['PILOT_CERT_PROVIDER'] ?? '';
  const own = provider.startsWith(providerPrefix) ? provider.slice(providerPrefix.length) : '';
  return { workloads: signerOf(`${domain}/${typeof signer === 'string' ? signer : ''}`), own: signerOf(own) };
}

function signerOf(signerName: string): MeshSigner | undefined {
  return isSignerOfGroup(signerName) ? { signerName, issuer: signerReference(signerName) } : undefined;
}

function lifetimesOf(environment: Environment, { defaultConfig }: MeshConfig): IstiodFacts['lifetimes'] {
  const asked = defaultConfig?.proxyMetadata?.['SECRET_TTL'];
  return [
    {
      setting: 'SECRET_TTL of meshConfig.defaultConfig.proxyMetadata',
      duration: typeof asked === 'string' ? asked : defaults.SECRET_TTL,
      of: 'workloads',
    },
    {
      setting: 'CITADEL_SELF_SIGNED_CA_CERT_TTL of istiod',
      duration: environment['CITADEL_SELF_SIGNED_CA_CERT_TTL'] ?? defaults.CITADEL_SELF_SIGNED_CA_CERT_TTL,
      of: 'own',
    },
  ];
}

/** What workloads are to trust, by signer. */
function trustedBySigner({ caCertificates = [] }: MeshConfig): Readonly<Record<string, readonly string[] | 'broken'>> {
  const entries = caCertificates.flatMap(({ pem, certSigners }) => {
    const fingerprints = typeof pem === 'string' ? fingerprintsOf(pem) : undefined;
    const isBroken = fingerprints === undefined || fingerprints.length === 0;
    const signers = (Array.isArray(certSigners) ? certSigners : []).filter((each) => typeof each === 'string');
    return signers.map((signer) => [signer, isBroken ? ('broken' as const) : fingerprints] as const);
  });
  return Object.fromEntries(entries);
}

function intermediateIssuer(certificates: readonly Intermediate[], namespace: string): IstiodFacts['intermediate'] {
  const own = certificates.find(
    ({ spec }) => spec?.secretName === secretOfIstiod && spec.issuerRef?.group === apiGroup,
  );
  return own?.spec?.issuerRef === undefined ? undefined : referencedIssuer(own.spec.issuerRef, namespace);
}
