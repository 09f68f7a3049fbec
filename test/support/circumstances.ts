// What an error tells of a certificate that was waited for in vain: its requests, and what the operator has logged about them.
import { inspect } from 'node:util';

import { certificateNameAnnotation } from '../../src/crds/cert-manager.ts';
import type { CertificateRequest } from '../../src/crds/cert-manager.ts';
import { issuerKey, referencedIssuer } from '../../src/crds/issuer-ref.ts';

/** The object that was waited for. */
interface Wanted {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Where the circumstances are found out. */
export interface Witnesses {
  /** The requests of a namespace. */
  requests(namespace: string): Promise<readonly CertificateRequest[]>;
  /** All that the operator has logged, in lines of JSON. */
  log(): Promise<string>;
}

const mostLines = 20;

/** The circumstances of a Certificate or CertificateRequest, to stand behind a sentence; empty for everything else. */
export async function circumstancesOf({ kind, namespace = '', name }: Wanted, witnesses: Witnesses): Promise<string> {
  if (kind !== 'Certificate' && kind !== 'CertificateRequest') return '';
  const isOfCertificate = kind === 'Certificate';
  const requests = (await witnesses.requests(namespace)).filter(({ metadata }) =>
    isOfCertificate ? metadata.annotations?.[certificateNameAnnotation] === name : metadata.name === name,
  );
  const told = requests.map(
    ({ metadata: { name: own, uid }, status }) =>
      `${own} (${uid}): ${inspect(status?.conditions, { breakLength: 120 })}`,
  );
  // Also of requests that are gone: cert-manager takes one back and makes another of the same name.
  const named = isOfCertificate ? `"${namespace}/${name}-` : `"${namespace}/${name}"`;
  const issuers = requests.map(({ spec: { issuerRef } }) => {
    const identity = referencedIssuer(issuerRef, namespace);
    return identity === undefined ? undefined : `"${issuerKey(identity)}"`;
  });
  const isAboutIssuer = (line: string): boolean =>
    !line.includes('"request":') && issuers.some((issuer) => issuer !== undefined && line.includes(issuer));
  const lines = withoutRepetitions(
    (await witnesses.log()).split('\n').filter((line) => line.includes(named) || isAboutIssuer(line)),
  );
  return `
Its requests:${listed(told)}
The operator's last lines about them and their issuers:${listed(lines.slice(-mostLines))}`;
}

/** Of lines that differ in their time alone the last one, or one try after the other would leave no room for what came before. */
function withoutRepetitions(lines: readonly string[]): readonly string[] {
  const last = new Map<string, string>();
  for (const line of lines) {
    const said = line.replace(/"time":"[^"]*"/, '');
    last.delete(said);
    last.set(said, line);
  }
  return [...last.values()];
}

function listed(lines: readonly string[]): string {
  return lines.length === 0 ? ' none' : lines.map((line) => `\n  ${line}`).join('');
}
