// Calls a simulator as the documents describe it, written apart from the simulator's own verification, and makes CSRs.
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 loads only behind this polyfill.
import 'reflect-metadata';
import { createHash, createHmac, randomBytes, webcrypto } from 'node:crypto';
import { Agent, request } from 'node:http';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Certificate as PeculiarCertificate,
} from '@peculiar/x509';
import type { Extension } from '@peculiar/x509';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';

// Passed on from here, where the polyfill comes first.
export {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PeculiarCertificate,
  SubjectAlternativeNameExtension,
};

cryptoProvider.set(webcrypto as never);

/** Changes to an otherwise correct call. */
export interface CallChanges {
  readonly action?: string;
  readonly version?: string;
  readonly method?: string;
  readonly placement?: 'query' | 'form';
  readonly accessKeyId?: string;
  readonly secret?: string;
  readonly date?: Date | string;
  readonly nonce?: string;
  readonly securityToken?: string;
  /** Encoded parameters, sorted by name, instead of the given ones. */
  readonly pairs?: string;
  /** Headers left out of the signature. */
  readonly unsigned?: readonly string[];
  /** Sent instead of the body that was signed. */
  readonly otherBody?: string;
  readonly authorization?: string;
}

/** Status and body of an answer. */
export interface CallAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const agent = new Agent({ keepAlive: false });

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Makes one signed call over HTTP; rejects when the connection is cut. */
export async function signedCall(
  simulator: Pick<SimulatorHandle, 'endpoint' | 'accessKey'>,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
  changes: CallChanges = {},
): Promise<CallAnswer> {
  const { placement = 'form', method = 'POST', pairs = encodedPairs(parameters) } = changes;
  const [query, body] = placement === 'form' ? ['', pairs] : [pairs, ''];
  const headers = headersOf(simulator.endpoint, action, body, changes);
  const names = Object.keys(headers)
    .filter((name) => changes.unsigned?.includes(name) !== true)
    .sort();
  const signedHeaders = names.map((name) => `${name}:${headers[name] ?? ''}\n`).join('');
  const canonical = [method, '/', query, signedHeaders, names.join(';'), sha256(body)].join('\n');
  const { accessKeyId = simulator.accessKey.accessKeyId, secret = simulator.accessKey.accessKeySecret } = changes;
  const signature = createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return send(`http://${simulator.endpoint}/${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { ...headers, authorization: changes.authorization ?? authorization },
    body: changes.otherBody ?? body,
  });
}

function encodedPairs(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${encoded(parameters[name] ?? '')}`)
    .join('&');
}

function headersOf(endpoint: string, action: string, body: string, changes: CallChanges): Record<string, string> {
  const { date = new Date(), nonce = randomBytes(16).toString('hex'), version = '2020-06-30', securityToken } = changes;
  return {
    ...(changes.placement === 'query' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    host: endpoint,
    'x-acs-action': changes.action ?? action,
    'x-acs-content-sha256': sha256(body),
    'x-acs-date': typeof date === 'string' ? date : date.toISOString().replace(/\.\d+/, ''),
    ...(securityToken === undefined ? {} : { 'x-acs-security-token': securityToken }),
    'x-acs-signature-nonce': nonce,
    'x-acs-version': version,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Sends one request and reads the answer whole. */
export async function send(
  url: string,
  options: { readonly method: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
): Promise<CallAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<CallAnswer>();
  request(url, { method: options.method, headers: options.headers ?? {}, agent }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, text, body: JSON.parse(text) as Record<string, unknown> });
    });
  })
    .on('error', reject)
    .end(options.body ?? '');
  return promise;
}

const algorithms = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  'RSA-1024': rsa(1024),
  'RSA-2048': rsa(2048),
  'RSA-3072': rsa(3072),
  'RSA-4096': rsa(4096),
} as const;

function rsa(modulusLength: number) {
  return {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  } as const;
}

/** Names of the key algorithms of `makeCsr`. */
export type CsrAlgorithm = keyof typeof algorithms;

/** A CSR in PEM and in DER, with the DER of its public key. */
export async function makeCsr(
  options: { readonly subject?: string; readonly algorithm?: CsrAlgorithm; readonly extensions?: Extension[] } = {},
): Promise<{ readonly pem: string; readonly der: Buffer; readonly publicKey: Buffer }> {
  const algorithm = algorithms[options.algorithm ?? 'P-256'];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: options.subject ?? 'CN=csr.example.com',
    keys,
    signingAlgorithm: algorithm,
    extensions: options.extensions ?? [],
  });
  return {
    pem: `${csr.toString('pem')}\n`,
    der: Buffer.from(csr.rawData),
    publicKey: Buffer.from(csr.publicKey.rawData),
  };
}

/** The parameters of the simplest CreateCustomCertificate. */
export function createParameters(csr: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ParentIdentifier: 'sim-sub-ecc-p256', Csr: csr, Validity: '90d', Immediately: '2', ...more };
}

/** Names and usages of a certificate, as @peculiar/x509 reads them; `undefined` for an extension that is not there. */
export function factsOf(pem: unknown): Readonly<Record<string, unknown>> {
  const read = new PeculiarCertificate(String(pem));
  return {
    subject: read.subject,
    names: read.getExtension(SubjectAlternativeNameExtension)?.names.items.map(({ type, value }) => `${type}:${value}`),
    keyUsage: read.getExtension(KeyUsagesExtension)?.usages,
    purposes: read.getExtension(ExtendedKeyUsageExtension)?.usages,
    ca: read.getExtension(BasicConstraintsExtension)?.ca,
  };
}

/** The common names of the certificates of a PEM text, in order. */
export function commonNames(text: unknown): string[] {
  return (String(text).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((pem) =>
    new PeculiarCertificate(pem).subject.replace(/^.*CN=/, ''),
  );
}
