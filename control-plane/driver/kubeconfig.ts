// Kubeconfig files. Written as JSON, which every reader of YAML accepts.
import { readFile, writeFile } from 'node:fs/promises';

/** The identity in a kubeconfig: a client certificate by its files, or a token. */
export type KubeconfigUser =
  { readonly certificateFile: string; readonly keyFile: string } | { readonly token: string };

/** Writes a kubeconfig with everything embedded, so that it works from anywhere on this machine. */
export async function writeKubeconfig(
  file: string,
  server: string,
  caFile: string,
  user: KubeconfigUser,
): Promise<void> {
  const name = 'control-plane';
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': await base64(caFile) } }],
    users: [{ name, user: await userEntry(user) }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

async function userEntry(user: KubeconfigUser): Promise<object> {
  return 'token' in user
    ? { token: user.token }
    : {
        'client-certificate-data': await base64(user.certificateFile),
        'client-key-data': await base64(user.keyFile),
      };
}

async function base64(file: string): Promise<string> {
  return (await readFile(file)).toString('base64');
}
