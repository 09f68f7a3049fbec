// Requests in the form in which common programs make them, each with the source of that form, and what a default issuer makes of
// it. make/main.go has made the CSRs.
import type { RefusalReason } from '../../../src/issuing/refusal.ts';
import csrs from './requests.json' with { type: 'json' };

/** The operations of an issuer, and the one for certificates of CAs (spec.externalCA). */
export const recordedOperations = [
  'CreateCustomCertificate',
  'CreateCertificateWithExtension',
  'CreateServerCertificateWithCsr',
  'CreateClientCertificateWithCsr',
  'CreateWHClientCertificate',
  'CreateExternalCACertificate',
] as const;

/** Name of an operation. */
export type RecordedOperation = (typeof recordedOperations)[number];

/** One request as a program makes it. */
export interface RecordedRequest {
  readonly name: string;
  readonly program: string;
  /** What it is for, in a few words. */
  readonly what: string;
  /** Repository or product, path and version in which the form stands. */
  readonly source: string;
  /** PEM. */
  readonly csr: string;
  readonly key: 'ECC' | 'RSA';
  readonly usages: readonly string[] | undefined;
  readonly duration: string | undefined;
  readonly isCA: boolean;
  /** What each operation refuses it for; the others issue. Operations that are not meant for it (CA or not) are left out. */
  readonly refused: Readonly<Partial<Record<RecordedOperation, RefusalReason>>>;
}

const tls = ['digital signature', 'key encipherment'];
const server = [...tls, 'server auth'];
const client = [...tls, 'client auth'];
const both = [...server, 'client auth'];
const authority = ['cert sign', 'crl sign'];

/** Operations with fixed usages give one of server and client authentication, with digital signature and key encipherment. */
const noProfile = {
  CreateCertificateWithExtension: 'UsageNotSupported',
  CreateServerCertificateWithCsr: 'UsageNotSupported',
  CreateClientCertificateWithCsr: 'UsageNotSupported',
  CreateWHClientCertificate: 'UsageNotSupported',
} as const;
const serverOnly = {
  CreateClientCertificateWithCsr: 'UsageNotSupported',
  CreateWHClientCertificate: 'UsageNotSupported',
} as const;
/** And these have no field for a mailbox in the subject. */
const clientWithoutMail = {
  CreateServerCertificateWithCsr: 'UsageNotSupported',
  CreateClientCertificateWithCsr: 'SubjectNotSupported',
  CreateWHClientCertificate: 'SubjectNotSupported',
} as const;

const istio = 'istio/istio v0.0.0-20260827124520-eed52ebb66ad (1.31)';
const istioForm = `${istio}: security/pkg/pki/util/generate_csr.go`;
const istioRA = `${istioForm}, security/pkg/nodeagent/cache/secretcache.go, security/pkg/pki/ra/k8s_ra.go`;
const certManager = 'cert-manager/cert-manager v1.21.2: pkg/util/pki/csr.go, of the Certificate in';
const kubelet =
  'kubernetes/kubernetes v1.36.3: pkg/kubelet/certificate/kubelet.go, with k8s.io/client-go v0.36.3: util/certificate/certificate_manager.go';

type Row = readonly [
  name: keyof typeof csrs,
  program: string,
  what: string,
  request: Pick<RecordedRequest, 'key' | 'usages' | 'duration' | 'refused'> & { readonly isCA?: true },
  source: string,
];

const rows: readonly Row[] = [
  [
    'istio-workload-rsa',
    'Istio',
    'a workload, RSA',
    { key: 'RSA', usages: both, duration: '24h', refused: noProfile },
    istioRA,
  ],
  [
    'istio-workload-ec',
    'Istio',
    'a workload, ECDSA',
    { key: 'ECC', usages: both, duration: '24h', refused: noProfile },
    istioRA,
  ],
  [
    'istiod',
    'Istio',
    'istiod itself',
    { key: 'RSA', usages: server, duration: '2160h', refused: serverOnly },
    `${istioForm}, security/pkg/k8s/chiron/utils.go`,
  ],
  [
    'istio-dual-use',
    'Istio',
    'generate_csr with dual use',
    { key: 'RSA', usages: server, duration: '24h', refused: serverOnly },
    `${istioForm}, security/tools/generate_csr/main.go`,
  ],
  [
    'ztunnel',
    'ztunnel',
    'a workload',
    { key: 'ECC', usages: both, duration: '24h', refused: noProfile },
    'istio/ztunnel 06a020eec7e1: src/tls/csr.rs',
  ],
  [
    'istio-workload-rsa',
    'istio-csr',
    'a workload, passed on',
    { key: 'RSA', usages: ['client auth', 'server auth'], duration: '1h', refused: noProfile },
    `cert-manager/istio-csr 1fa07c3bab20: pkg/certmanager/certmanager.go, pkg/server/server.go; ${istioForm}`,
  ],
  [
    'istio-csr-serving',
    'istio-csr',
    'its own server',
    { key: 'RSA', usages: ['server auth'], duration: '1h', refused: noProfile },
    `cert-manager/istio-csr 0be442cbd660: pkg/tls/tls.go; ${istioForm}`,
  ],
  [
    'envoy-gateway',
    'Envoy Gateway',
    'its controller',
    {
      key: 'RSA',
      usages: ['digital signature', 'data encipherment', 'key encipherment', 'content commitment'],
      duration: undefined,
      refused: noProfile,
    },
    `${certManager} envoyproxy/gateway 1c7b034fbb23: site/content/en/latest/install/custom-cert.md`,
  ],
  [
    'envoy',
    'Envoy Gateway',
    'its proxies',
    {
      key: 'RSA',
      usages: ['digital signature', 'data encipherment', 'key encipherment', 'content commitment'],
      duration: undefined,
      refused: noProfile,
    },
    `${certManager} envoyproxy/gateway 1c7b034fbb23: site/content/en/latest/install/custom-cert.md`,
  ],
  [
    'linkerd-identity-issuer',
    'Linkerd',
    'its identity issuer, a CA',
    {
      key: 'ECC',
      isCA: true,
      usages: [...authority, 'server auth', 'client auth'],
      duration: '48h',
      refused: { CreateExternalCACertificate: 'NameNotSupported' },
    },
    `${certManager} https://linkerd.io/2/tasks/automatically-rotating-control-plane-tls-credentials/`,
  ],
  [
    'linkerd-policy-validator',
    'Linkerd',
    'a webhook',
    { key: 'ECC', usages: ['server auth'], duration: '24h', refused: noProfile },
    `${certManager} https://linkerd.io/2/tasks/automatically-rotating-webhook-tls-credentials/`,
  ],
  [
    'consul-leaf',
    'Consul',
    'a service',
    { key: 'ECC', usages: both, duration: '72h', refused: noProfile },
    'hashicorp/consul 02f4c520c853: agent/connect/csr.go',
  ],
  [
    'consul-ca',
    'Consul',
    'a CA',
    {
      key: 'ECC',
      isCA: true,
      usages: authority,
      duration: '8760h',
      refused: { CreateExternalCACertificate: 'NameNotSupported' },
    },
    'hashicorp/consul 02f4c520c853: agent/connect/csr.go',
  ],
  [
    'kuma-control-plane',
    'Kuma',
    'its control plane',
    { key: 'RSA', usages: server, duration: undefined, refused: serverOnly },
    `${certManager} https://developer.konghq.com/mesh/use-cert-manager-for-control-plane-certificates/`,
  ],
  [
    'cilium-hubble-server',
    'Cilium',
    'the server of Hubble',
    { key: 'RSA', usages: undefined, duration: '8760h', refused: noProfile },
    `${certManager} cilium/cilium 02515d1e12e7: install/kubernetes/cilium/templates/hubble/tls-certmanager/server-secret.yaml`,
  ],
  [
    'csi-driver',
    'csi-driver',
    'a pod',
    { key: 'RSA', usages: undefined, duration: '2160h', refused: noProfile },
    'cert-manager/csi-driver 00b2c7e68b16: pkg/requestgen/generator.go',
  ],
  [
    'csi-driver-organizations',
    'csi-driver',
    'organizations "Shop,"',
    { key: 'RSA', usages: server, duration: '2160h', refused: serverOnly },
    'cert-manager/csi-driver 00b2c7e68b16: pkg/requestgen/generator.go',
  ],
  [
    'csi-driver-spiffe',
    'csi-driver-spiffe',
    'a pod',
    { key: 'ECC', usages: both, duration: '1h', refused: noProfile },
    'cert-manager/csi-driver-spiffe 016e5478ee65: internal/csi/driver/driver.go',
  ],
  [
    'spire-ca',
    'SPIRE',
    'the CA of the server',
    {
      key: 'ECC',
      isCA: true,
      usages: authority,
      duration: '24h',
      refused: { CreateExternalCACertificate: 'NameNotSupported' },
    },
    'spiffe/spire v1.13.3: pkg/server/credtemplate/builder.go, pkg/server/plugin/upstreamauthority/certmanager/api.go',
  ],
  [
    'spire-agent',
    'SPIRE',
    'an agent or workload',
    { key: 'ECC', usages: both, duration: '1h', refused: noProfile },
    'spiffe/spire v1.13.3: pkg/common/util/csr.go',
  ],
  [
    'kubelet-client',
    'kubelet',
    'client',
    { key: 'ECC', usages: ['digital signature', 'client auth'], duration: undefined, refused: noProfile },
    kubelet,
  ],
  [
    'kubelet-serving',
    'kubelet',
    'serving',
    { key: 'ECC', usages: ['digital signature', 'server auth'], duration: undefined, refused: noProfile },
    kubelet,
  ],
  [
    'openssl',
    'OpenSSL',
    '`req -new`, a whole subject',
    { key: 'RSA', usages: server, duration: undefined, refused: serverOnly },
    'OpenSSL 3.0.19: openssl req, run',
  ],
  [
    'openssl-mail',
    'OpenSSL',
    '`req -new`, a mailbox',
    { key: 'ECC', usages: client, duration: undefined, refused: clientWithoutMail },
    'OpenSSL 3.0.19: openssl req, run',
  ],
  [
    'keytool',
    'keytool',
    '`-certreq`',
    { key: 'RSA', usages: server, duration: undefined, refused: serverOnly },
    'OpenJDK: keytool, run',
  ],
  [
    'certreq',
    'certreq',
    'a server',
    { key: 'RSA', usages: server, duration: undefined, refused: serverOnly },
    'Windows Server 2022: certreq; its attributes as [MS-WCCE] 2.2.2.7 describes them',
  ],
];

/** All of them. */
export const recordedRequests: readonly RecordedRequest[] = rows.map(([name, program, what, request, source]) => ({
  isCA: false,
  ...request,
  name,
  program,
  what,
  source,
  csr: csrs[name],
}));

/** The operations that are meant for a request. */
export function operationsFor({ isCA }: Pick<RecordedRequest, 'isCA'>): readonly RecordedOperation[] {
  return recordedOperations.filter((operation) => (operation === 'CreateExternalCACertificate') === isCA);
}
