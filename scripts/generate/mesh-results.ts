// The generated table of docs/mesh/README.md: what came of each form of request, and of those whose programs tests do not
// run, what an issuer makes of a request in their form.
import { recordedRequests } from '../../test/contract/recorded/programs.ts';
import { meshForms } from '../../test/support/neighbours/results.ts';
import type { MeshResult } from '../../test/support/neighbours/results.ts';
import { markdownTable } from './generated-section.ts';

// Of meshes and what gives pods their identities, those whose programs do not run in tests.
const notRun = new Set([
  'ztunnel',
  'istio-csr',
  'Envoy Gateway',
  'Linkerd',
  'Consul',
  'Kuma',
  'Cilium',
  'csi-driver',
  'csi-driver-spiffe',
]);

/** The table, from the content of docs/mesh/results.json. */
export function meshResultsTable(json: string): string {
  const results = JSON.parse(json) as Readonly<Record<string, MeshResult>>;
  const tried = Object.entries(meshForms).map(([name, { mesh, request, issuer }]) => {
    const { result = 'not tried', signedBy = '–', peers = '–' } = results[name] ?? {};
    return [mesh, request, issuer, result, signedBy, peers, 'its programs'];
  });
  const recorded = recordedRequests
    .filter(({ program }) => notRun.has(program))
    .map(({ program, what, isCA, refused }) => {
      const reason = refused[isCA ? 'CreateExternalCACertificate' : 'CreateCustomCertificate'];
      const issuer = isCA ? 'any with `externalCA`' : 'any';
      const signer = reason === undefined ? 'PCA' : '–';
      return [
        program,
        what,
        issuer,
        reason === undefined ? 'issued' : `\`${reason}\``,
        signer,
        '–',
        'a recorded request',
      ];
    });
  const head = ['Mesh', 'Request', 'Issuer', 'Result', 'Workloads signed by', 'Workloads speak', 'Tried with'];
  return markdownTable(head, [...tried, ...recorded]);
}
