/**
 * Where the API server is and what proves who we are: as a pod (files of the ServiceAccount) or from a kubeconfig.
 * Credentials are asked for before each request and read again when they are older than a minute.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** TLS settings towards the API server; PEM text or DER bytes. */
export interface TlsSettings {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What a request needs to be accepted. `tls` stays the same object as long as nothing in it changed. */
export interface KubernetesCredentials {
  /** The whole `Authorization` header; undefined with client certificates. */
  readonly authorization: string | undefined;
  readonly tls: TlsSettings;
}

/** A cluster as seen by a client. */
export interface KubernetesConnection {
  /** Base URL of the API server, possibly with a path. */
  readonly server: string;
  /** The pod's or the context's own namespace. */
  readonly namespace: string | undefined;
  /** The present credentials, from a cache unless `fresh`; rejects when they cannot be read. */
  credentials(options: { readonly fresh: boolean }): Promise<KubernetesCredentials>;
}
