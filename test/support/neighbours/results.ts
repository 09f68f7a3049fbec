// What came of each form of request when the real programs made it: docs/mesh/results.json. Tests write it with
// UPDATE_MESH_RESULTS=1 and otherwise hold to it; docs/mesh/README.md shows it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What came of a form of request. */
export interface MeshResult {
  /** In words, or the reason of a refusal. */
  readonly result: string;
  /** Who signs the certificates of workloads. */
  readonly signedBy?: string;
  /** What two workloads spoke to each other, each having checked the other. */
  readonly peers?: string;
}

interface Form {
  readonly mesh: string;
  /** What is asked for, and how. */
  readonly request: string;
  readonly issuer: string;
}

const signing = 'CertificateSigningRequests for proxies and istiod, subject `O=`';
const policy = 'CertificateRequest of cert-manager for a SPIFFE ID';
const spire = 'CertificateRequest for the CA of a server, with the URI of the trust domain';

/** The forms that tests try, by the names of their results, in the order of the page. */
export const meshForms = {
  'istio-intermediate': {
    mesh: 'Istio, form D',
    request: 'Certificate `cacerts`, a CA',
    issuer: 'AlibabaPCAClusterIssuer with `externalCA`',
  },
  'istio-ra': { mesh: 'Istio, form A', request: `${signing}, RSA`, issuer: 'AlibabaPCAClusterIssuer, RSA CA' },
  'istio-ra-namespaced': {
    mesh: 'Istio, form A',
    request: `${signing}, RSA`,
    issuer: 'AlibabaPCAIssuer in `istio-system`, RSA CA',
  },
  'istio-ra-ecc': {
    mesh: 'Istio, form C',
    request: 'CertificateSigningRequests for proxies, subject `O=`, ECDSA; Certificate `istiod-tls`',
    issuer: 'AlibabaPCAClusterIssuer, ECC CA',
  },
  'istio-other-key': { mesh: 'Istio, form A', request: `${signing}, ECDSA`, issuer: 'AlibabaPCAClusterIssuer, RSA CA' },
  'istio-other-domain': {
    mesh: 'Istio, forms A and C',
    request: 'a proxy that claims another trust domain than its token',
    issuer: 'any',
  },
  'spire-default': { mesh: 'SPIRE', request: spire, issuer: 'AlibabaPCAClusterIssuer with `externalCA`' },
  'spire-drop': { mesh: 'SPIRE', request: spire, issuer: 'the same with `externalCA.names: Drop`' },
  'spire-late': { mesh: 'SPIRE', request: `${spire}, no instance left`, issuer: 'the same, one instance added' },
  'approver-default': {
    mesh: 'approver-policy',
    request: `${policy} that no policy allows`,
    issuer: "any, with the chart's default rights",
  },
  'approver-allowed': {
    mesh: 'approver-policy',
    request: `${policy} that a policy allows`,
    issuer: 'any, with `values-approver-policy.yaml`',
  },
  'approver-denied': { mesh: 'approver-policy', request: `${policy} that no policy allows`, issuer: 'the same' },
  'approver-free': {
    mesh: 'approver-policy',
    request: `${policy} to which no policy applies`,
    issuer: 'the same',
  },
} as const satisfies Readonly<Record<string, Form>>;

/** Name of a form. */
export type MeshForm = keyof typeof meshForms;

const file = fileURLToPath(new URL('../../../docs/mesh/results.json', import.meta.url));

/** The results as the file has them, by the names of their forms. */
export function meshResults(): Readonly<Record<string, MeshResult>> {
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, MeshResult>>;
}

/** The result that the file has for a form; with UPDATE_MESH_RESULTS=1 it is made to be the one that was seen. */
export function knownResult(form: MeshForm, seen: MeshResult): MeshResult | undefined {
  if (process.env['UPDATE_MESH_RESULTS'] === '1') {
    const results = { ...meshResults(), [form]: seen };
    const inOrder = Object.keys(meshForms).flatMap((name) => (name in results ? [[name, results[name]]] : []));
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`);
  }
  return meshResults()[form];
}
