// The second reader of requests, @peculiar/x509, of which this is the only importer in the operator. It is loaded on first need.
// oxlint-disable-next-line import/no-unassigned-import -- it installs what @peculiar/x509 needs
import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';

/** An algorithm as the Web Cryptography API names it: such as `RSA-PSS` with `SHA-256`. */
export interface NamedAlgorithm {
  readonly name: string;
  readonly hash: string | undefined;
}

/** Names the algorithm of the signature of a request; undefined where @peculiar/x509 does not take it for one. */
export function readSecond(der: Buffer): NamedAlgorithm | undefined {
  try {
    const { name, hash } = new Pkcs10CertificateRequest(der).signatureAlgorithm as {
      readonly name: string;
      readonly hash?: { readonly name: string };
    };
    return { name, hash: hash?.name };
  } catch {
    // The library's message may quote the request, and any fault that it finds means that this is not a PKCS#10 request.
    return undefined;
  }
}
