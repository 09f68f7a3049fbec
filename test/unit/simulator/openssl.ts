// Verification of the simulator's certificates by openssl.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** The verdict is `certificate.pem: OK` when the chain leads to the root; `text` shows the certificate. */
export async function opensslVerify(
  pems: { readonly root: string; readonly chain: unknown; readonly certificate: unknown },
  options: readonly string[] = [],
): Promise<{ readonly verdict: string; readonly text: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'simulator-'));
  try {
    for (const [name, pem] of Object.entries(pems)) await writeFile(join(cwd, `${name}.pem`), String(pem));
    const files = ['-CAfile', 'root.pem', '-untrusted', 'chain.pem', ...options, 'certificate.pem'];
    const verified = await execa('openssl', ['verify', '-x509_strict', ...files], { cwd });
    const shown = await execa('openssl', ['x509', '-in', 'certificate.pem', '-noout', '-text'], { cwd });
    return { verdict: verified.stdout.trim(), text: shown.stdout };
  } finally {
    await rm(cwd, { recursive: true });
  }
}
