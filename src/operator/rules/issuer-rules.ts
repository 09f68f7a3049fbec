// The rules of the administrator as the operator starts with them: a file, read once.
import { open } from 'node:fs/promises';
import type { IssuerHosts } from '../../alibaba/issuer-hosts.ts';
import { readRules } from '../../controllers/issuers/tenancy/read-rules.ts';
import type { IssuerRules } from '../../controllers/issuers/tenancy/rules.ts';

// No ConfigMap is larger.
const maxOctets = 1024 * 1024;
const toldFaults = 5;

/** The rules of --issuer-rules; undefined where the setting is empty. Throws with the reason where they cannot be used. */
export async function issuerRulesOf(
  file: string,
  hosts: Pick<IssuerHosts, 'allows'>,
): Promise<IssuerRules | undefined> {
  if (file === '') return undefined;
  const read = readRules(await parsed(file), hosts);
  if (read.kind === 'ok') return read.rules;
  const { faults } = read;
  const more = faults.length > toldFaults ? ` And ${faults.length - toldFaults} more.` : '';
  throw new Error(`--issuer-rules: ${file}: ${faults.slice(0, toldFaults).join(' ')}${more}`);
}

async function parsed(file: string): Promise<unknown> {
  const text = await textOf(file);
  const { parseYaml } = await import('./yaml-text.ts');
  try {
    return parseYaml(text);
  } catch (error) {
    // The library also throws on too many aliases, and when the nesting is too deep for its recursion.
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new Error(`--issuer-rules: ${file} is neither YAML nor JSON: ${message}`, { cause: error });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxOctets + 1), 0, maxOctets + 1, 0);
    if (bytesRead > maxOctets) throw new Error('it is larger than 1 MiB');
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`--issuer-rules: ${file} cannot be read: ${message}`, { cause: error });
  }
}
