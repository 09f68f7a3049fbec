// Mutual TLS between two workloads of a mesh, with the certificates that their agents have got and the checks of Istio's
// proxies: TLS 1.3, a chain to the root that the other trusts, and the SPIFFE ID.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';

import type { Identity } from './agent.ts';

/** One side of a handshake. */
export interface Side {
  readonly identity: Identity;
  /** SPIFFE ID that the other side must have. */
  readonly expects: string;
}

/** What became of a handshake: the protocol, or why a side refused the other. */
export type Handshake = { readonly protocol: string | null } | { readonly refused: string };

const deadlineMs = 30_000;

/** Connects a client to a server and has each greet the other, once both have checked whom they talk to. */
export async function handshake(server: Side, client: Side): Promise<Handshake> {
  const signal = AbortSignal.timeout(deadlineMs);
  const listener = createServer({ ...materialOf(server), requestCert: true, rejectUnauthorized: true });
  let refusedByServer: string | undefined;
  listener.on('tlsClientError', (error) => (refusedByServer = `the server: ${error.message}`));
  listener.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    const seen = socket.getPeerCertificate().subjectaltname;
    if (seen === `URI:${server.expects}`) socket.end('hello');
    else {
      refusedByServer = `the server: ${String(seen)} instead of ${server.expects}`;
      socket.destroy();
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening', { signal });
  let refusedByClient: string | undefined;
  const socket = connect({
    ...materialOf(client),
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    checkServerIdentity: (_, peer) => {
      const seen = peer.subjectaltname;
      if (seen === `URI:${client.expects}`) return undefined;
      refusedByClient = `the client: ${String(seen)} instead of ${client.expects}`;
      return new Error(refusedByClient);
    },
  });
  try {
    let failed: string | undefined;
    socket.on('error', (error) => (failed = `the client: ${error.message}`));
    let greeting = '';
    socket.setEncoding('utf8').on('data', (text: string) => (greeting += text));
    const protocol = once(socket, 'secureConnect', { signal }).then(
      () => socket.getProtocol(),
      () => null,
    );
    // A socket that fails is closed as well.
    await once(socket, 'close', { signal }).catch(() => signal.throwIfAborted());
    if (greeting === 'hello') return { protocol: await protocol };
    // What the other side sees of a refusal is an end of the connection, which says less.
    return { refused: refusedByClient ?? refusedByServer ?? failed ?? 'the connection ended' };
  } finally {
    socket.destroy();
    listener.close();
  }
}

function materialOf({ identity }: Side): {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly minVersion: 'TLSv1.3';
} {
  return { cert: identity.chain, key: identity.key, ca: identity.root, minVersion: 'TLSv1.3' };
}
