// Go decides what approvers, cert-manager's webhook and most clients see. What we take, Go takes, and sees the same in it.
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGoProgram } from '../../../control-plane/driver/go-build.ts';
import { readerProgram } from '../../../control-plane/driver/programs.ts';
import { readSigningRequest } from '../../../src/issuing/signing-request.ts';
import { readCertificate } from '../../../src/issuing/x509/certificate.ts';
import { encodePem } from '../../../src/issuing/x509/pem.ts';
import { readingsOfCertificate, readingsOfRequest } from './comparison.ts';
import type { BothReadings } from './comparison.ts';
import { contradicts } from './contradiction.ts';
import { refusedCertificates, refusedRequests } from './deliberate.ts';
import type { DeliberateRefusal } from './deliberate.ts';
import { GoReader } from './go-reader.ts';
import type { CertificateInGo, RefusedByGo, RequestInGo } from './go-reader.ts';
import { randomCertificate } from './random-certificates.ts';
import type { CertificateCase } from './random-certificates.ts';
import { randomRequest } from './random-requests.ts';
import type { RequestCase } from './random-requests.ts';

const isFull = process.env['TEST_FULL'] === '1';
const cases = Number(process.env['DIFFERENTIAL_CASES'] ?? (isFull ? 100_000 : 2_000));
const seed = Number(process.env['SEED'] ?? 1);
const atOnce = 100;
const shownFaults = 5;

/** A case and what both say about it: ours is `taken`, or the fault without the words around it. */
interface Judged {
  readonly taken: boolean;
  readonly fault: string;
}

let go: GoReader;
beforeAll(async () => {
  go = new GoReader(await buildGoProgram(readerProgram));
});
afterAll(async () => {
  await go.close();
});

const inMessage =
  /^spec\.request: the certificate request \(CSR\) cannot be used: (.*)\. Create the CertificateRequest again with/;

function expectSame({ ours, go: theirs }: BothReadings): void {
  // Comparing with a message takes longer than both readings.
  if (!isDeepStrictEqual(ours, theirs)) expect(ours).toEqual(theirs);
}

function judgeRequest({ der, usages, isCA }: RequestCase, answer: unknown): Judged {
  const inGo = answer as RequestInGo | RefusedByGo;
  const request = Buffer.from(encodePem(der, 'CERTIFICATE REQUEST')).toString('base64');
  // Our own reader alone: a second opinion would only hide what it takes too much.
  const read = readSigningRequest({ uid: 'u', request, duration: undefined, isCA, usages });
  if (read.kind === 'refused') {
    const { reason, message } = read.refusal;
    if (reason === contradiction && !('refused' in inGo)) expect(contradicts(inGo, { usages, isCA })).toBe(true);
    return { taken: false, fault: reason === 'InvalidCSR' ? (inMessage.exec(message)?.[1] ?? message) : reason };
  }
  const { csr } = read.request;
  // Every operation refuses them, whatever they are (NameConstraintsNotSupported).
  if (csr.extensions.hasNameConstraints) return { taken: false, fault: 'name constraints are in no operation' };
  if (!('refused' in inGo)) {
    const both = readingsOfRequest(csr, inGo);
    expectSame(both);
    expect(contradicts(inGo, { usages, isCA })).toBe(false);
    const unnamed = [...new Set(inGo.unknownExtKeyUsages)];
    expect(read.request.usages.extendedKeyUsages.slice(unnamed.length === 0 ? Infinity : -unnamed.length)).toEqual(
      unnamed,
    );
    expect(inGo.signatureAlgorithm).toMatch(/^(?:SHA(?:256|384|512)-RSA(?:PSS)?|ECDSA-SHA(?:256|384|512)|Ed25519)$/);
  }
  return { taken: true, fault: '' };
}

function judgeCertificate({ der }: CertificateCase, answer: unknown): Judged {
  const inGo = answer as CertificateInGo | RefusedByGo;
  const read = readCertificate(der);
  if (read.kind === 'malformed') return { taken: false, fault: read.message };
  if (!('refused' in inGo)) {
    const both = readingsOfCertificate(read.value.facts, inGo);
    expectSame(both);
  }
  return { taken: true, fault: '' };
}

// A key on a curve that Go does not know, SM2 above all, signs nothing in a path that is proven here, so such a certificate
// is never handed out; reading it lets the CA's description be refused with the name of its key.
const takenAlone = /^x509: unsupported elliptic curve$/;

const contradiction = 'CSRContradictsSpec';
const ofBoth = { taken: 'taken by both', refused: 'refused by both' } as const;

/** What came of one case: a word for the counts, and what is wrong with it, if anything. */
function resultOf(
  { taken, fault }: Judged,
  refused: string | undefined,
  deliberate: readonly DeliberateRefusal[],
): { readonly word: string; readonly wrong?: string } {
  if (taken) {
    const isRight = refused === undefined || takenAlone.test(refused);
    return { word: ofBoth.taken, ...(isRight ? {} : { wrong: `Go refuses: ${refused}` }) };
  }
  if (refused !== undefined) return { word: ofBoth.refused };
  if (fault === contradiction) return { word: contradiction };
  const known = deliberate.find((entry) => entry.fault.test(fault));
  return known === undefined ? { word: 'not listed', wrong: `only we refuse: ${fault}` } : { word: known.reason };
}

/** Asks both about every case; lists what is neither the same nor a deliberate refusal, and counts the rest. */
async function compare<Case extends RequestCase | CertificateCase>(
  make: (number: number) => Case,
  judge: (one: Case, inGo: unknown) => Judged,
  deliberate: readonly DeliberateRefusal[],
): Promise<{ readonly faults: readonly string[]; readonly counts: ReadonlyMap<string, number> }> {
  const faults: string[] = [];
  const counts = new Map<string, number>();
  for (let first = 0; first < cases / 2; first += atOnce) {
    const numbers = Array.from({ length: atOnce }, (_, index) => first + index + seed * 1_000_003);
    const made = numbers.map(make);
    const answers = await go.ask(made);
    made.forEach((one, index) => {
      const inGo = answers[index] as Partial<RefusedByGo>;
      const where = `number ${numbers[index] ?? 0} (${one.how})`;
      try {
        const { word, wrong } = resultOf(judge(one, inGo), inGo.refused, deliberate);
        counts.set(word, (counts.get(word) ?? 0) + 1);
        if (wrong !== undefined) faults.push(`${where}: ${wrong}`);
      } catch (error) {
        faults.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }
  return { faults, counts };
}

describe(`${cases} requests and certificates are read as Go reads them, or refused`, () => {
  test('requests', { timeout: isFull ? 3_600_000 : 120_000 }, async () => {
    const { faults, counts } = await compare(randomRequest, judgeRequest, refusedRequests);
    report('requests', counts);
    expect(faults.slice(0, shownFaults)).toEqual([]);
    expect(counts.get(ofBoth.taken)).toBeGreaterThan(cases / 20);
  });

  test('certificates', { timeout: isFull ? 3_600_000 : 120_000 }, async () => {
    const { faults, counts } = await compare(randomCertificate, judgeCertificate, refusedCertificates);
    report('certificates', counts);
    expect(faults.slice(0, shownFaults)).toEqual([]);
    expect(counts.get(ofBoth.taken)).toBeGreaterThan(cases / 20);
  });
});

function report(what: string, counts: ReadonlyMap<string, number>): void {
  if (!isFull) return;
  console.log(what, Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a)));
}
