// Who signed a certificate: the same as node:crypto says, and of the very octets that were read.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isIssuedBy, readCertificate } from '../../../../src/issuing/x509/certificate.ts';
import type { ReadCertificate } from '../../../../src/issuing/x509/certificate.ts';
import { bits, caExtension, extension, integer, nameOf, oid, pemOf, sequence, tlv } from '../../../support/der.ts';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const ecdsaWithSHA256 = sequence(oid('2a8648ce3d040302'));
const validity = sequence(tlv(0x17, Buffer.from('260101000000Z')), tlv(0x17, Buffer.from('460101000000Z')));

/** DER of a certificate of CA `ca`. */
function certificate(
  subject: string,
  { publicKey }: KeyPair,
  proof: { readonly algorithm?: Buffer; readonly sign: (body: Buffer) => Buffer },
  extensions: readonly Buffer[] = [caExtension],
): Buffer {
  const { algorithm = ecdsaWithSHA256 } = proof;
  const body = sequence(
    Buffer.from('a003020102', 'hex'),
    integer(1n),
    algorithm,
    nameOf(['ca']),
    validity,
    nameOf([subject]),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  return sequence(body, algorithm, bits(proof.sign(body)));
}

function read(der: Buffer): ReadCertificate {
  const result = readCertificate(der);
  if (result.kind === 'malformed') throw new Error(result.message);
  return result.value;
}

describe('a certificate that holds another one as PEM', () => {
  const [own, stranger] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [KeyPair, KeyPair];
  const by = ({ privateKey }: KeyPair) => ({ sign: (body: Buffer) => sign('sha256', body, privateKey) });
  const ca = read(certificate('ca', own, by(own)));
  const genuine = certificate('genuine', stranger, by(own));
  const holding = (signer: KeyPair): Buffer =>
    certificate('odd', stranger, by(signer), [extension('2a0304', Buffer.from(`\n${pemOf(genuine)}`))]);

  it('is not proven by the signature of that one', () => {
    expect(isIssuedBy(read(genuine), ca)).toBe(true);
    const result = readCertificate(holding(stranger));
    expect(result.kind === 'ok' && isIssuedBy(result.value, ca)).toBe(false);
  });
});
