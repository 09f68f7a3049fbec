// What came of a case of cert-manager's conformance suites, and what a case asks for. The tests run over the lists, and
// docs/conformance.md shows them, so that the page cannot say anything else than what was seen.
/** The certificate is issued and passes every validation, apart from what `but` says for the page. */
export interface Issued {
  readonly kind: 'issued';
  readonly but?: string;
}

/** The request fails with this message; `because` is for the page. */
export interface Refused {
  readonly kind: 'refused';
  readonly because: string;
  readonly message: RegExp;
}

/** Nothing that an external issuer does or leaves undone shows in the case. */
export interface OutOfReach {
  readonly kind: 'out of reach';
  readonly because: string;
}

/** What came of a case. */
export type Result = Issued | Refused | OutOfReach;

/** What a certificate is asked to hold: members of a Certificate's spec, with cert-manager's defaults for what is left out. */
export interface Wanted {
  readonly commonName?: string;
  readonly literalSubject?: string;
  readonly subject?: Readonly<Record<string, readonly string[]>>;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly emailAddresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly otherNames?: readonly { readonly oid: string; readonly utf8Value: string }[];
  readonly usages?: readonly string[];
  readonly isCA?: boolean;
  /** Whole hours, such as `896h`. */
  readonly duration?: string;
  readonly privateKey?: {
    readonly algorithm?: 'RSA' | 'ECDSA' | 'Ed25519';
    readonly size?: number;
    readonly rotationPolicy?: 'Always' | 'Never';
  };
}

interface Named {
  /** Place in the suite. */
  readonly number: number;
  /** cert-manager's own words, letter by letter. */
  readonly name: string;
}

/** A case that nothing here can try. */
export interface UntriedCase extends Named {
  readonly result: OutOfReach;
}

/** A case of the suite for Certificates. `next` is what happens after the first certificate was validated. */
export interface CertificateCase extends Named {
  readonly result: Issued | Refused;
  readonly spec: Wanted;
  /** What is issued although the case itself is not. */
  readonly instead?: Wanted;
  readonly next?: 'the certificate in the Secret is emptied' | 'a DNS name is added';
}

/** A case of the suite for CertificateSigningRequests: the X.509 request, and what the object around it says. */
export interface SigningRequestCase extends Named {
  readonly result: Issued | Refused;
  readonly key?: 'RSA-2048' | 'P-256' | 'Ed25519';
  readonly request: RequestedNames;
  /** `spec.usages` of the object. */
  readonly usages?: readonly string[];
  readonly expirationSeconds?: number;
  /** Annotation `request-duration`: whole hours, such as `896h`. */
  readonly duration?: string;
  /** Annotation `request-is-ca`. */
  readonly isCA?: boolean;
  /** What is issued although the case itself is not. */
  readonly instead?: RequestedNames;
}

/** What an X.509 request of the suite holds. */
export type RequestedNames = Pick<Wanted, 'commonName' | 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris'>;

/** The result of most cases. */
export const issued: Issued = { kind: 'issued' };

/** The address that the suites use. */
export const sharedAddress = '127.0.0.1';

/** The URI that the suites use. */
export const sharedUri = 'spiffe://cluster.local/ns/sandbox/sa/foo';

/** A label of the greatest length that DNS allows. */
export const longestLabel = 'longest-label-'.padEnd(63, 'x');

/** Ed25519, which no PCA operation knows. */
export const ed25519: Refused = {
  kind: 'refused',
  because: 'PCA issues for RSA and ECDSA keys only',
  message:
    /^spec\.request: the CSR's key is Ed25519; CreateCustomCertificate supports RSA with 2048 to 8192 bits and P-256, P-384\. Choose such a key \(in a Certificate: spec\.privateKey\)\.$/,
};

/** The suites ask for CAs without a subject, which RFC 5280 (4.1.2.6) forbids. */
export const caWithoutSubject: Refused = {
  kind: 'refused',
  because:
    'CreateExternalCACertificate has no parameter for names, and a CA needs a subject; with a common name instead of the DNS name it is issued',
  message:
    /^spec\.request: CreateExternalCACertificate has no parameter for alternative names, and PCA does not document whether it uses those of the CSR \(DNS [^)]+\)\. Ask for a common name and no other names, or set spec\.externalCA\.names of the issuer to Drop if the CA certificate may lack them\.$/,
};

/** How the page and the titles of tests call a case. */
export function titleOf({ number, name }: Named): string {
  return `${number}. ${name}`;
}
