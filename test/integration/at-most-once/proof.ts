// What a request came to, judged from what its status holds and what the simulator has issued.
import { X509Certificate } from 'node:crypto';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import type { Manifest } from '../../support/cluster.ts';
import type { Played } from './stage.ts';

/** `certificate` says what is wrong with it, or that it is verified. */
export interface Proof {
  readonly certificates: number;
  readonly certificate: string;
}

/** The proof for each request by its operation; `requests` are Ready. */
export function proofOf(
  played: readonly Played[],
  requests: readonly Manifest[],
  simulator: SimulatorHandle,
): Readonly<Record<string, Proof>> {
  const roots = simulator.cas.map(({ rootPem }) => new X509Certificate(rootPem));
  const issued = simulator.issued().map(({ pem }) => new X509Certificate(pem));
  return Object.fromEntries(
    played.map(({ operation, manifest, spki }) => {
      const request = requests.find(({ metadata }) => metadata.name === manifest.metadata.name);
      const certificate = verify(request, { spki, issued, roots });
      return [operation, { certificates: issued.filter((each) => spkiOf(each) === spki).length, certificate }];
    }),
  );
}

/** Verifies the chain in the status up to a root of the simulator, and that the leaf is one that was issued for the key. */
export function verify(
  request: Manifest | undefined,
  {
    spki,
    issued,
    roots,
  }: {
    readonly spki: string;
    readonly issued: readonly X509Certificate[];
    readonly roots: readonly X509Certificate[];
  },
): string {
  const status = request?.['status'] as { readonly certificate?: string } | undefined;
  const chain = pemsOf(Buffer.from(status?.certificate ?? '', 'base64').toString());
  const [leaf] = chain;
  if (leaf === undefined) return 'none';
  if (spkiOf(leaf) !== spki) return 'for another key';
  if (!issued.some(({ fingerprint256 }) => fingerprint256 === leaf.fingerprint256)) return 'never issued';
  const last = chain.at(-1) ?? leaf;
  const root = roots.find((candidate) => last.checkIssued(candidate));
  const links = root === undefined ? chain : [...chain, root];
  const holds = links
    .slice(1)
    .every((issuer, index) => links[index]?.checkIssued(issuer) === true && links[index].verify(issuer.publicKey));
  return root !== undefined && holds ? 'verified' : 'with a broken chain';
}

function pemsOf(text: string): readonly X509Certificate[] {
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return pems.map((pem) => new X509Certificate(pem));
}

/** DER of the SubjectPublicKeyInfo, base64. */
export function spkiOf({ publicKey }: X509Certificate): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}
