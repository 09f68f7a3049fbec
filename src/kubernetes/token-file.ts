// `user.tokenFile` of a kubeconfig, which @kubernetes/client-node leaves out of what it reads. Loaded for a kubeconfig alone.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

interface Users {
  readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } | null }[];
}

/**
 * The header that the user's token file asks for, empty where the user has none. As with kubectl the file is relative to the
 * kubeconfig's folder. Throws a sentence when it cannot be read. The kubeconfig must have been understood before.
 */
export function readTokenFile(kubeconfig: string, user: string | undefined): { readonly authorization?: string } {
  const { users } = parse(readFileSync(kubeconfig, 'utf8')) as Users;
  const named = users?.find(({ name }) => name === user)?.user?.tokenFile;
  if (named === undefined || named === '') return {};
  const path = resolve(dirname(kubeconfig), named);
  try {
    return { authorization: `Bearer ${readFileSync(path, 'utf8').trim()}` };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(
      `The token file ${path} that the kubeconfig ${kubeconfig} names cannot be read (${code}). Check user.tokenFile and the file's permissions.`,
      { cause: error },
    );
  }
}
