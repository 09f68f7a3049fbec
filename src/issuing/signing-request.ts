// Reads the fields of a CertificateRequest as facts for a plan, or refuses them with a reason.
import { readCsr } from './x509/csr.ts';
import type { CsrFacts, CsrResult } from './x509/csr.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { decodeBase64 } from './x509/pem.ts';
import { longestModulus, shortestModulus } from './x509/public-key.ts';
import { shownList } from './x509/shown-text.ts';
import { refusalReasons, refuse } from './refusal.ts';
import type { Refused } from './refusal.ts';
import { inBitOrder, isUsageOfCertManager, readUsages, usageWord } from './x509/usages.ts';
import type { KeyUsage, Usages } from './x509/usages.ts';
import { isSeconded, loadSecondReader } from './x509/request/second-opinion.ts';
import type { LoadSecondReader, Unseconded } from './x509/request/second-opinion.ts';

/** The spec of a CertificateRequest, unread, and its UID. */
export interface RequestFields {
  readonly uid: string;
  /** Base64 of the PEM of a PKCS#10 request. */
  readonly request: string;
  /** Go duration; undefined means 2160h, cert-manager's default. */
  readonly duration: string | undefined;
  readonly isCA: boolean;
  readonly usages: readonly string[] | undefined;
}

/**
 * A request whose parts were read and agree with each other. `usages` contain `keyCertSign` when `isCA`, and the extended
 * usages of the CSR that cert-manager has no word for.
 */
export interface SigningRequest {
  readonly uid: string;
  readonly csr: CsrFacts;
  /** Lifetime asked for, in whole seconds, above zero. */
  readonly durationSeconds: number;
  readonly isCA: boolean;
  readonly usages: Usages;
}

const defaultDuration = '2160h';
const maxEncodedLength = 96 * 1024;
const mostUsagesShown = 12;

/**
 * What was read. `unseconded`: nothing may be issued for it before a second reader has taken its CSR as well. `proof` stands for the
 * very octets of the CSR.
 */
export type SigningRequestRead =
  | { readonly kind: 'ok'; readonly request: SigningRequest; readonly proof: string }
  | {
      readonly kind: 'unseconded';
      readonly request: SigningRequest;
      readonly proof: string;
      readonly unseconded: Unseconded;
    }
  | Refused;

/**
 * Reads a request to issue for it; every fault is a refusal that ends it. Where its CSR is of a form that needs a second opinion, that
 * is asked for, and the promise rejects where there is none to be had. `proven`: the proof of a CSR that was taken before, whose
 * signature is not checked again.
 */
export async function readSecondedRequest(
  fields: RequestFields,
  proven?: string,
  load: LoadSecondReader = loadSecondReader,
): Promise<Exclude<SigningRequestRead, { readonly kind: 'unseconded' }>> {
  const read = readSigningRequest(fields, proven);
  if (read.kind !== 'unseconded') return read;
  const { request, proof, unseconded } = read;
  if (isSeconded(unseconded, await load())) return { kind: 'ok', request, proof };
  return invalidCsr('it is not a PKCS#10 certificate request');
}

/** Reads a request by our own strict reader alone; every fault is a refusal that ends it. */
export function readSigningRequest(fields: RequestFields, proven?: string): SigningRequestRead {
  const csr = csrOf(fields.request, proven);
  if (csr.kind === 'refused') return csr;
  const usages = usagesOf(fields);
  if (usages.kind === 'refused') return usages;
  const duration = durationOf(fields.duration ?? defaultDuration);
  if (duration.kind === 'refused') return duration;
  const contradiction = contradictionOf(csr.csr, fields.isCA, usages.usages);
  if (contradiction !== undefined) return contradiction;
  const request: SigningRequest = {
    uid: fields.uid,
    csr: csr.csr,
    durationSeconds: duration.seconds,
    isCA: fields.isCA,
    usages: withUnnamed(usages.usages, csr.csr),
  };
  const { proof } = csr;
  return csr.kind === 'ok'
    ? { kind: 'ok', request, proof }
    : { kind: 'unseconded', request, proof, unseconded: csr.unseconded };
}

function csrOf(encoded: string, proven: string | undefined): Extract<CsrResult, { readonly csr: CsrFacts }> | Refused {
  if (encoded.length > maxEncodedLength) return invalidCsr('it is larger than 64 KiB');
  if (encoded.trim() === '') return invalidCsr('it is empty');
  const pem = decodeBase64(encoded);
  if (pem === undefined) return invalidCsr('it is not valid base64');
  const read = readCsr(pem.toString('latin1'), proven);
  if (read.kind === 'malformed') return invalidCsr(read.message);
  if (read.kind !== 'unsupportedKey') return read;
  const { family, bits, name } = read.publicKey;
  const why = {
    SM2: ', which cert-manager cannot verify either',
    RSA:
      bits < shortestModulus
        ? ', which is too short for cert-manager'
        : `, and RSA keys of more than ${longestModulus} bits take too long`,
    ECC: '',
    Ed25519: '',
    other: '',
  }[family];
  const message = `the CSR's key is ${name}${why}, so its signature cannot be checked. Choose an RSA or ECDSA key (in a Certificate: spec.privateKey).`;
  return refuse(refusalReasons.keyNotSupported, 'spec.request', message);
}

function invalidCsr(fault: string): Refused {
  const message = `the certificate request (CSR) cannot be used: ${fault}. Create the CertificateRequest again with a signed PKCS#10 request in PEM.`;
  return refuse(refusalReasons.invalidCSR, 'spec.request', message);
}

function usagesOf({ usages, isCA }: RequestFields): { readonly kind: 'ok'; readonly usages: Usages } | Refused {
  const read = readUsages(usages);
  if (read.kind === 'unknown') {
    const message = `unknown usage ${shownList(read.words.map((word) => JSON.stringify(word.slice(0, 64))))}. Use the usages that cert-manager documents, such as "server auth", or upgrade the operator if cert-manager is newer.`;
    return refuse(refusalReasons.unknownUsage, 'spec.usages', message);
  }
  if (!isCA) return read;
  // cert-manager adds "cert sign" to every request for a CA.
  const certSign: KeyUsage = 'keyCertSign';
  return { kind: 'ok', usages: { ...read.usages, keyUsages: inBitOrder([...read.usages.keyUsages, certSign]) } };
}

function durationOf(text: string): { readonly kind: 'ok'; readonly seconds: number } | Refused {
  const duration = parseDuration(text);
  if (duration.kind === 'malformed')
    return refuse(refusalReasons.invalidDuration, 'spec.duration', `${duration.message}.`);

  if (duration.seconds > 0) return duration;
  const message = `a certificate must be valid for at least one second, but the request asks for ${formatDuration(duration.seconds)}. Ask for a longer duration.`;
  return refuse(refusalReasons.invalidDuration, 'spec.duration', message);
}

/**
 * What the CSR says about CA flag and usages must agree with the spec, which is what was approved: usages as sets, since
 * neither order nor repetitions mean anything. What the CSR does not say contradicts nothing. cert-manager's webhook is
 * stricter and has looked at CertificateRequests before; a CertificateSigningRequest has only this check.
 */
function contradictionOf({ extensions }: CsrFacts, isCA: boolean, usages: Usages): Refused | undefined {
  if (extensions.isCA !== undefined && extensions.isCA !== isCA) {
    const message = `it is ${isCA}, but the CSR asks for ${extensions.isCA ? 'a' : 'no'} CA certificate. Make both the same.`;
    return refuse(refusalReasons.csrContradictsSpec, 'spec.isCA', message);
  }
  // Every CA certificate may sign certificates, whether the CSR says so or not.
  const implied: readonly string[] = isCA ? ['keyCertSign'] : [];
  const sameKeyUsages = isSameSet(extensions.keyUsages, usages.keyUsages, implied);
  const extended = extensions.extendedKeyUsages?.filter(isUsageOfCertManager);
  if (sameKeyUsages && isSameSet(extended, usages.extendedKeyUsages)) return undefined;
  const inCsr = [...(extensions.keyUsages ?? []), ...new Set(extensions.extendedKeyUsages ?? [])];
  const inSpec = [...usages.keyUsages, ...usages.extendedKeyUsages];
  const message = `the request asks for ${quotedUsages(inSpec)}, its CSR for ${quotedUsages(inCsr)}. Make both the same, or leave the usages out of the CSR.`;
  return refuse(refusalReasons.csrContradictsSpec, 'spec.usages', message);
}

/** Whether the CSR, where it says anything, has the usages of the spec; `implied` ones do not count. */
function isSameSet(
  inCsr: readonly string[] | undefined,
  inSpec: readonly string[],
  implied: readonly string[] = [],
): boolean {
  if (inCsr === undefined) return true;
  const counting = (usages: readonly string[]): ReadonlySet<string> =>
    new Set(usages.filter((usage) => !implied.includes(usage)));
  return counting(inCsr).symmetricDifference(counting(inSpec)).size === 0;
}

/** The usages of the spec, and those extended ones of the CSR that spec.usages has no word for. */
function withUnnamed(usages: Usages, { extensions }: CsrFacts): Usages {
  const unnamed = (extensions.extendedKeyUsages ?? []).filter((usage) => !isUsageOfCertManager(usage));
  return { ...usages, extendedKeyUsages: [...new Set([...usages.extendedKeyUsages, ...unnamed])] };
}

function quotedUsages(usages: readonly string[]): string {
  if (usages.length === 0) return 'no usage';
  return shownList(
    usages.map((usage) => `"${usageWord(usage)}"`),
    mostUsagesShown,
  );
}
