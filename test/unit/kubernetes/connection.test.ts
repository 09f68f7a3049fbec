import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { connectInCluster, connectWithKubeconfig } from '../../../src/kubernetes/connection.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'connection-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
}

describe('connectInCluster', () => {
  test('takes server, namespace, token and CA of the pod', async () => {
    write({ token: 'T1\n', 'ca.crt': 'CA1', namespace: 'own' });
    const connection = connectInCluster({ environment, directory });
    expect({ ...connection, credentials: await connection.credentials({ fresh: false }) }).toEqual({
      server: 'https://10.0.0.1:443',
      namespace: 'own',
      credentials: { headers: { authorization: 'Bearer T1' }, tls: { ca: 'CA1' } },
    });
  });

  test('writes an IPv6 address as URLs want it', () => {
    expect(connectInCluster({ environment: { ...environment, KUBERNETES_SERVICE_HOST: 'fd00::1' } }).server).toBe(
      'https://[fd00::1]:443',
    );
  });

  test('says that it is not in a pod', () => {
    expect(() => connectInCluster({ environment: {} })).toThrow(
      'Not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set. Outside a cluster, name a kubeconfig with --kubeconfig or PCA_ISSUER_KUBECONFIG; KUBECONFIG and ~/.kube/config are not read.',
    );
  });

  test('reads the files again after a minute or when asked', async () => {
    write({ token: 'T1', 'ca.crt': 'CA1' });
    const clock = new FakeClock();
    const connection = connectInCluster({ environment, directory, clock });
    const read = async (fresh = false) => connection.credentials({ fresh });
    const first = await read();
    write({ token: 'T2' });
    clock.advance(59_999);
    expect(await read()).toBe(first);
    clock.advance(1);
    expect(await read()).toEqual({ headers: { authorization: 'Bearer T2' }, tls: { ca: 'CA1' } });
    write({ token: 'T3', 'ca.crt': 'CA2' });
    expect(await read(true)).toEqual({ headers: { authorization: 'Bearer T3' }, tls: { ca: 'CA2' } });
  });

  test('goes on with the last credentials while a file is missing, unless they were refused', async () => {
    write({ token: 'T1', 'ca.crt': 'CA1' });
    const clock = new FakeClock();
    const connection = connectInCluster({ environment, directory, clock });
    await connection.credentials({ fresh: false });
    rmSync(join(directory, 'token'));
    clock.advance(60_000);
    expect((await connection.credentials({ fresh: false })).headers).toEqual({ authorization: 'Bearer T1' });
    await expect(connection.credentials({ fresh: true })).rejects.toThrow('ENOENT');
  });
});

describe('connectInCluster on a machine whose background threads are all taken', () => {
  // As many as libuv has; each waits for somebody to write, as a look-up of a name waits for a server that does not answer.
  const threads = 4;

  test('reads its files', async () => {
    write({ token: 'T1', 'ca.crt': 'CA1' });
    const connection = connectInCluster({ environment, directory });
    const pipes = Array.from({ length: threads }, (_, index) => join(directory, `pipe${index}`));
    execFileSync('mkfifo', pipes);
    const taken = pipes.map(async (pipe) => readFile(pipe));
    // One more than there are threads is never begun.
    let begun = false;
    const waiting = readFile(join(directory, 'token')).then(() => (begun = true));
    const credentials = await connection.credentials({ fresh: true });
    const seen = [credentials.headers, begun];
    for (const pipe of pipes) writeFileSync(pipe, '');
    await Promise.all([...taken, waiting]);
    expect(seen).toEqual([{ authorization: 'Bearer T1' }, false]);
  });
});

describe('connectWithKubeconfig', () => {
  function kubeconfig(user: object, cluster: object = {}): string {
    write({
      config: JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://api.test:6443', ...cluster } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'n' } }],
        'current-context': 'x',
      }),
    });
    return join(directory, 'config');
  }

  const execUser = {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'echo',
      args: [
        JSON.stringify({
          apiVersion: 'client.authentication.k8s.io/v1',
          kind: 'ExecCredential',
          status: { token: 'from-plugin' },
        }),
      ],
    },
  };

  test('says in a sentence that a file cannot be read or understood, and quotes nothing of it', async () => {
    const nosuch = join(directory, 'nosuch');
    await expect(connectWithKubeconfig(nosuch)).rejects.toThrow(
      `The kubeconfig ${nosuch} cannot be read (ENOENT). Check --kubeconfig (PCA_ISSUER_KUBECONFIG) and the file's permissions.`,
    );
    write({ config: '{ users: [ token: S3CRET' });
    const error: unknown = await connectWithKubeconfig(join(directory, 'config')).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe(
      `Error: The kubeconfig ${join(directory, 'config')} is not one: it cannot be understood. Check what is in it, for instance with kubectl --kubeconfig=${join(directory, 'config')} config view.`,
    );
  });

  test.each([
    { name: 'a token', user: { token: 'T' }, headers: { authorization: 'Bearer T' }, tls: {} },
    {
      name: 'a client certificate',
      user: { 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a2V5' },
      headers: {},
      tls: { cert: Buffer.from('cert'), key: Buffer.from('key') },
    },
    { name: 'an exec plugin', user: execUser, headers: { authorization: 'Bearer from-plugin' }, tls: {} },
    {
      name: 'a password',
      user: { username: 'u', password: 'p' },
      headers: { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` },
      tls: {},
    },
  ])('takes $name', async ({ user, headers, tls }) => {
    const file = kubeconfig(user, { 'certificate-authority-data': 'Y2E=', 'tls-server-name': 'other' });
    const connection = await connectWithKubeconfig(file);
    expect({ ...connection, credentials: await connection.credentials({ fresh: false }) }).toEqual({
      server: 'https://api.test:6443',
      namespace: 'n',
      credentials: { headers, tls: { ca: Buffer.from('ca'), servername: 'other', ...tls } },
    });
  });

  test('reads the file again when the credentials were refused', async () => {
    const connection = await connectWithKubeconfig(kubeconfig({ token: 'T1' }));
    const first = await connection.credentials({ fresh: false });
    kubeconfig({ token: 'T2' });
    const second = await connection.credentials({ fresh: true });
    expect([first.headers, second.headers]).toEqual([{ authorization: 'Bearer T1' }, { authorization: 'Bearer T2' }]);
  });

  test('takes the token of a tokenFile beside the kubeconfig, which goes before its token, and reads it again', async () => {
    write({ token: 'F1\n' });
    const connection = await connectWithKubeconfig(kubeconfig({ tokenFile: 'token', token: 'T' }));
    const first = await connection.credentials({ fresh: false });
    write({ token: 'F2' });
    const second = await connection.credentials({ fresh: true });
    expect([first.headers, second.headers]).toEqual([{ authorization: 'Bearer F1' }, { authorization: 'Bearer F2' }]);
  });

  test('says in a sentence that a tokenFile cannot be read', async () => {
    const file = kubeconfig({ tokenFile: '/nosuch/token' });
    const connection = await connectWithKubeconfig(file);
    await expect(connection.credentials({ fresh: false })).rejects.toThrow(
      `The token file /nosuch/token that the kubeconfig ${file} names cannot be read (ENOENT). Check user.tokenFile and the file's permissions.`,
    );
  });

  test('names the contexts there are when the wanted one is missing', async () => {
    await expect(connectWithKubeconfig(kubeconfig({}), 'nope')).rejects.toThrow(
      'has no cluster for the context nope. Its contexts: x.',
    );
  });

  test('refuses a proxy in words', async () => {
    const file = kubeconfig({ token: 'T' }, { 'proxy-url': 'http://user:secret@proxy.test:3128' });
    await expect(connectWithKubeconfig(file)).rejects.toThrow(
      'requires the proxy proxy.test:3128 for https://api.test:6443',
    );
  });
});
