// Whether certificates of a case are taken, by the operator's reader and by Go's, which is cert-manager's.
import { readdirSync, readFileSync } from 'node:fs';
import { buildGoProgram } from '../../../control-plane/driver/go-build.ts';
import { readerProgram } from '../../../control-plane/driver/programs.ts';
import { readCertificate } from '../../../src/issuing/x509/certificate.ts';
import { GoReader } from '../../integration/differential/go-reader.ts';
import type { RefusedByGo } from '../../integration/differential/go-reader.ts';
import { caseFile } from './read.ts';
import { certificateBlocks } from './leaf.ts';

/** The outcome of each PEM file of the case, by its name. */
export async function readerOutcomes(name: string): Promise<Readonly<Record<string, string>>> {
  const files = readdirSync(caseFile(name, '')).filter((file) => file.endsWith('.pem'));
  if (files.length === 0) return {};
  const ders = files.map((file) => {
    const [block = ''] = certificateBlocks(readFileSync(caseFile(name, file), 'utf8'));
    return Buffer.from(block.replaceAll(/-----.*-----/g, ''), 'base64');
  });
  const go = new GoReader(await buildGoProgram(readerProgram));
  const answers = await go.ask(ders.map((der) => ({ kind: 'certificate', der })));
  await go.close();
  const outcomes = ders.map((der, index) => {
    const ours = readCertificate(der);
    const { refused } = answers[index] as Partial<RefusedByGo>;
    const own = ours.kind === 'ok' ? 'taken' : `refused: ${ours.message}`;
    return `${own}; by Go ${refused === undefined ? 'taken' : `refused: ${refused}`}`;
  });
  return Object.fromEntries(files.map((file, index) => [file, outcomes[index] ?? '']));
}
