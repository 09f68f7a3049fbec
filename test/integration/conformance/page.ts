// The tables of docs/conformance.md, from the lists that the tests run over.
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import type { Result } from './cases.ts';
import { certificateCases, untriedCertificateCases } from './certificate-cases.ts';
import { signingRequestCases } from './signing-request-cases.ts';

interface Row {
  readonly number: number;
  readonly name: string;
  readonly result: Result;
}

/** Every case of the suite for Certificates, in its order. */
export const allCertificateCases: readonly Row[] = [...certificateCases, ...untriedCertificateCases].toSorted(
  (one, other) => one.number - other.number,
);

/** The page with its tables as the lists have them. */
export function withTables(page: string): string {
  const certificates = replaceSection(page, 'certificates', table(allCertificateCases));
  return replaceSection(certificates, 'certificate-signing-requests', table(signingRequestCases));
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ number, name, result }) => [String(number), name, shown(result)]);
  return markdownTable(['#', "cert-manager's case", 'Result'], cells);
}

function shown(result: Result): string {
  switch (result.kind) {
    case 'issued':
      return result.but === undefined ? 'issued' : `issued, but: ${result.but}`;
    case 'refused':
      return `refused: ${result.because}`;
    case 'out of reach':
      return `out of an issuer's reach: ${result.because}`;
  }
}
