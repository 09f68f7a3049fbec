// Why a request fails: a row for every reason, each produced in the way in which it comes about.
import type { FailureReason } from '../../../../../src/controllers/requests/reasons.ts';
import type { MismatchReason } from '../../../../../src/issuing/certificate-differences.ts';
import type { RefusalReason } from '../../../../../src/issuing/refusal.ts';
import { encoded, Extension, makeCA, makeCsr } from '../../../../support/certificates.ts';
import * as der from '../../../../support/der.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { caContent, hierarchy, signingRequest, uids, web, webCA, webContent } from '../../characterization/material.ts';
import { finds, issues } from '../replies.ts';
import type { Changes } from '../replies.ts';
import type { Situation } from '../rig.ts';
import { at, fails, failsWithoutCertificate } from './row.ts';
import type { Row } from './row.ts';

/** A request with these fields is refused before any call, in these words. */
function refused(reason: RequestRefusal, spec: object, message: string, situation: Situation = {}): Row {
  return { situation: { requests: [web({ spec })], ...situation }, decision: fails(reason, message) };
}

const asksFor = async (...given: Parameters<typeof makeCsr>): Promise<{ readonly request: string }> => ({
  request: encoded(await makeCsr(...given)),
});
const subject = [{ CN: ['web'] }];
const constraints = new Extension('2.5.29.30', true, Buffer.from('3000', 'hex'));

/** A CA, of the same name and key, that may issue for this domain alone. */
async function constrainedTo(domain: string): Promise<Situation> {
  const { notBefore: from, notAfter: until } = hierarchy.issuing.certificate;
  const value = der.sequence(der.tlv(0xa0, der.sequence(der.tlv(0x82, Buffer.from(domain)))));
  const extensions = [new Extension('2.5.29.30', true, value)];
  const ca = await makeCA('P-256', { name: 'Test Issuing CA P-256', from, until, extensions }, hierarchy.root);
  return { ca: { certificate: ca.pem, chain: [hierarchy.root.pem] } };
}

/** Refusals for what the request asks, not for what the issuer sets. */
type RequestRefusal = Exclude<RefusalReason, 'InvalidIssuerSettings'>;

const refusals: Record<RequestRefusal, Row> = {
  InvalidCSR: refused(
    'InvalidCSR',
    { request: '' },
    'spec.request: the certificate request (CSR) cannot be used: it is empty. Create the CertificateRequest again with a signed PKCS#10 request in PEM.',
  ),
  InvalidDuration: refused(
    'InvalidDuration',
    { duration: '-1h' },
    'spec.duration: a certificate must be valid for at least one second, but the request asks for -1h0m0s. Ask for a longer duration.',
  ),
  DurationTooLong: refused(
    'DurationTooLong',
    {},
    'spec.duration: 2160h0m0s is longer than the issuer allows (spec.validity.maxDuration 24h0m0s). Ask for at most 24h0m0s.',
    { spec: { validity: { maxDuration: '24h' } } },
  ),
  DurationTooShort: refused(
    'DurationTooShort',
    {},
    'spec.duration: 2160h0m0s is shorter than the issuer allows (spec.validity.minDuration 2161h0m0s). Ask for at least 2161h0m0s.',
    { spec: { validity: { minDuration: '2161h' } } },
  ),
  UnknownUsage: refused(
    'UnknownUsage',
    { usages: ['serve'] },
    'spec.usages: unknown usage "serve". Use the usages that cert-manager documents, such as "server auth", or upgrade the operator if cert-manager is newer.',
  ),
  UsageNotSupported: refused(
    'UsageNotSupported',
    { usages: ['crl sign'] },
    'spec.usages: CreateCustomCertificate cannot express "crl sign". Remove this usage.',
  ),
  CSRContradictsSpec: refused(
    'CSRContradictsSpec',
    await asksFor('P-256', { subject, isCA: true }),
    'spec.isCA: it is false, but the CSR asks for a CA certificate. Make both the same.',
  ),
  CANotSupported: refused(
    'CANotSupported',
    { isCA: true },
    "spec.isCA: CreateCustomCertificate cannot issue CA certificates (isCA: true). Ask for a certificate without isCA, or ask the issuer's owner to set spec.externalCA, which needs instances bought in PCA.",
  ),
  KeyNotSupported: refused(
    'KeyNotSupported',
    await asksFor('Ed25519', { subject }),
    "spec.request: the CSR's key is Ed25519; CreateCustomCertificate supports RSA with 2048 to 8192 bits and P-256, P-384. Choose such a key (in a Certificate: spec.privateKey).",
  ),
  KeyFamilyMismatch: refused(
    'KeyFamilyMismatch',
    {},
    'spec.request: the CSR\'s key is P-256, but CA "ca" issues for RSA keys only. Choose algorithm RSA (in a Certificate: spec.privateKey), or another CA.',
    { ca: { keyFamily: 'RSA' } },
  ),
  NameNotSupported: refused(
    'NameNotSupported',
    await asksFor('P-256', { subject, names: [{ kind: 'dn', value: 'CN=a' }] }),
    'spec.request: CreateCustomCertificate cannot express alternative names of the kind directoryName, only dns, ip, email, uri. Remove them from the Certificate.',
  ),
  NameConstraintsNotSupported: refused(
    'NameConstraintsNotSupported',
    await asksFor('P-256', { subject, extensions: [constraints] }),
    'spec.request: CreateCustomCertificate cannot express name constraints. Remove them from the Certificate.',
  ),
  NameForbiddenByCA: refused(
    'NameForbiddenByCA',
    {},
    'spec.request: clients would refuse the certificate: the certificate of CA "CN=Test Issuing CA P-256" forbids DNS web.shop.svc (permitted: DNS api.example). Ask for other names, or for a certificate of another CA.',
    await constrainedTo('api.example'),
  ),
  NoName: refused(
    'NoName',
    await asksFor('P-256'),
    'spec.request: the CSR has neither a subject nor an alternative name. Give the Certificate a commonName, dnsNames, ipAddresses, uris or emailAddresses.',
  ),
  SubjectNotSupported: refused(
    'SubjectNotSupported',
    await asksFor('P-256', { subject: [{ CN: ['x'.repeat(65)] }] }),
    "spec.request: in the CSR's subject, CN has 65 characters, X.520 allows 64; shorten it.",
  ),
};

const lookAtCA = 'Look at the CA in PCA, and report it to Alibaba Cloud.';
const lookAtWay =
  'Look at the CA in PCA, at spec.parentIdentifier and at spec.endpoint of the issuer; if these are right, report it to Alibaba Cloud.';

function advice(reason: MismatchReason): string {
  const setting = {
    SubjectMismatch: 'subject',
    AlternativeNamesMismatch: 'names',
    KeyUsageMismatch: 'usages',
    ExtendedKeyUsageMismatch: 'usages',
    ValidityMismatch: 'validity',
  }[reason as string];
  if (setting !== undefined)
    return `If certificates of this CA are to be so, set spec.verification.${setting} of the issuer to Allow.`;
  return reason === 'ChainBroken' || reason === 'NotSignedByCA' ? lookAtWay : lookAtCA;
}

/** PCA issues something else than was asked for: it is not used. Its issuer is held where no request can have caused it. */
function mismatched(
  reason: MismatchReason,
  changes: Changes,
  fault: string,
  { held, ...situation }: Situation & { readonly held?: true } = {},
): Row {
  const message = `PCA issued certificate pca-1 (RequestId R1), but it is not what was asked for, so it is not used: ${fault} ${advice(reason)} It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.`;
  return {
    situation: { pca: { issue: [issues(changes)] }, ...situation },
    decision: fails(reason, message, { unused: 'pca-1' }),
    ...(held === undefined ? {} : { issuer: 'CertificateRefused' }),
  };
}

const asCA = { requests: [webCA()], spec: { externalCA: { instanceIds: ['i-1'] } } };
/** The certificate of a CA is not revoked by a call, so nothing is said of that. */
const unlikeCA = 'PCA issued certificate pca-1 (RequestId R1), but it is not what was asked for, so it is not used:';
const enforced = { subject: 'Enforce', names: 'Enforce', usages: 'Enforce', validity: 'Enforce' } as const;
const stranger = await makeCA('P-256', {
  name: 'Stranger',
  from: new Date('2026-01-01'),
  until: new Date('2036-01-01'),
});
const yesterday = new Date(at.getTime() - 86_400_000);

const mismatches: Record<MismatchReason, Row> = {
  CertificateMalformed: mismatched(
    'CertificateMalformed',
    { text: 'no PEM' },
    'the reply cannot be read: a text holds no PEM certificate.',
  ),
  KeyMismatch: mismatched('KeyMismatch', { key: 'other' }, 'its public key is not the one of the request.'),
  ChainBroken: mismatched(
    'ChainBroken',
    { chain: [hierarchy.issuing.pem, hierarchy.root.pem, 'no PEM'] },
    'the reply cannot be read: a text holds no PEM certificate.',
    { held: true },
  ),
  NotSignedByCA: mismatched(
    'NotSignedByCA',
    { ca: hierarchy.root, chain: [hierarchy.root.pem] },
    'it is signed by "CN=Test Root P-256", not by CA "ca".',
    { held: true },
  ),
  CAFlagMismatch: mismatched('CAFlagMismatch', { content: { ...webContent, isCA: true } }, 'it is a CA certificate.'),
  PathLengthMismatch: {
    situation: {
      ...asCA,
      pca: { find: [{ kind: 'absent' }], issue: [issues({ content: { ...caContent, pathLength: 3 } })] },
    },
    decision: fails('PathLengthMismatch', `${unlikeCA} its path length is 3; asked for: 0. ${lookAtCA}`),
  },
  CertificateExpired: mismatched(
    'CertificateExpired',
    { notBefore: yesterday, notAfter: at },
    'it expired at 2026-11-22T00:16:40Z.',
  ),
  SubjectMismatch: mismatched('SubjectMismatch', { subject }, 'its subject is CN=web, not the one that was asked for.'),
  AlternativeNamesMismatch: mismatched(
    'AlternativeNamesMismatch',
    { content: { ...webContent, names: [{ kind: 'dns', value: 'other.shop.svc' }] } },
    'it lacks DNS web.shop.svc.',
  ),
  KeyUsageMismatch: mismatched(
    'KeyUsageMismatch',
    { content: { ...webContent, keyUsages: ['digitalSignature'] } },
    'its key usages differ: it has digital signature; asked for: digital signature, key encipherment.',
  ),
  ExtendedKeyUsageMismatch: mismatched(
    'ExtendedKeyUsageMismatch',
    { content: { ...webContent, extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'] } },
    'its extended key usages differ: it has client auth; asked for: server auth.',
  ),
  ExtensionMismatch: mismatched(
    'ExtensionMismatch',
    { content: { ...webContent, extensions: [new Extension('1.2.3', true, Buffer.from('0500', 'hex'))] } },
    'it has the critical extension 1.2.3, which nobody knows, so that clients refuse it.',
  ),
  NameConstraintsMismatch: mismatched(
    'NameConstraintsMismatch',
    { content: { ...webContent, names: [{ kind: 'dns', value: 'api.example' }] } },
    'clients would refuse it: the certificate of CA "CN=Test Issuing CA P-256" forbids DNS api.example (permitted: DNS shop.svc).',
    { ...(await constrainedTo('shop.svc')), spec: { verification: { ...enforced, names: 'Allow' } } },
  ),
  ValidityMismatch: mismatched(
    'ValidityMismatch',
    { notBefore: yesterday },
    'it is valid from 2026-11-21T00:16:40Z to 2027-02-20T00:16:40Z; asked for: 2026-11-22T00:16:40Z to 2027-02-20T00:16:40Z.',
  ),
};

/** A program's own request for its CA, made then. */
function attempt(name: string, creationTimestamp: string) {
  return webCA({ spec: { username: 'mesh' }, metadata: { ownerReferences: [], creationTimestamp } }, name);
}

const askAgain = 'This request is given up; a new one is needed.';
const trouble = { reason: 'Transient', message: 'PCA says Transient.' } as const;

export const failures: Record<FailureReason, Row> = {
  ...refusals,
  ...mismatches,
  DeniedReference: {
    situation: { requests: [signingRequest()], isAllowed: false },
    of: 'csr-1',
    decision: failsWithoutCertificate(
      'DeniedReference',
      'User "ann" may not use AlibabaPCAIssuer "shop/pca". Grant a Role in namespace "shop" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["pca"], then create the request again.',
    ),
  },
  RejectedByPCA: {
    situation: { pca: { issue: [failed('RequestRejected', { message: 'The CSR is odd.' })] } },
    decision: fails(
      'RejectedByPCA',
      'Alibaba Cloud PCA refuses this request: The CSR is odd. Correct the Certificate; asking again unchanged gives the same answer.',
    ),
  },
  CertificateRevoked: {
    situation: { pca: { find: [{ kind: 'revoked', identifier: 'pca-1' }] } },
    prepare: (rig) => rig.memories.of(uids['web-1'] ?? '').inherited(0),
    decision: fails(
      'CertificateRevoked',
      `Certificate pca-1 was issued for this request but revoked in PCA before it was written here, so it is not used. If nobody meant to revoke it, find out who did in PCA's console. ${askAgain}`,
    ),
  },
  EarlierCertificateNotFound: {
    situation: { pca: { issue: [failed('Duplicate')], find: Array.from({ length: 8 }, () => ({ kind: 'absent' })) } },
    prepare: async (rig) => {
      for (let tries = 0; tries < 8; tries += 1) await rig.decide();
    },
    decision: fails(
      'EarlierCertificateNotFound',
      `PCA says that a certificate with the custom identifier f1962ccc-102b-b543-0424-6f4f64249cd7 of this request exists already, but it is not found with CA "ca". That happens when spec.parentIdentifier, spec.operation, spec.region or spec.endpoint of the issuer was changed while no operator ran. Look for it in PCA's console, and revoke it if it is not wanted. ${askAgain}`,
    ),
  },
  Superseded: {
    situation: {
      requests: [attempt('web-1', '2026-11-22T00:10:00Z'), attempt('web-2', '2026-11-22T00:11:15Z')],
      spec: { externalCA: { instanceIds: ['i-1'] } },
    },
    decision: failsWithoutCertificate(
      'Superseded',
      'CertificateRequest "shop/web-2" is newer and asks for the same CA (same requester, subject and names), so it gets the next free instance in spec.externalCA.instanceIds of the issuer. This request had none and is given up: no instance was used for it. If its certificate is wanted as well, add an instance to the issuer and create the request again.',
    ),
  },
  PatienceExceeded: {
    situation: {
      spec: { patience: { duration: '1h', onExceeded: 'Fail' } },
      certificate: { status: { notAfter: '2026-12-01T00:00:00Z' } },
      pca: { issue: [failed('Transient')] },
    },
    prepare: (rig) => void rig.memories.of(uids['web-1'] ?? '').troubledFor(rig.clock.monotonic() - 3_600_000),
    decision: fails(
      'PatienceExceeded',
      'Not issued for longer than spec.patience.duration of the issuer (1h): PCA says Transient. spec.patience.onExceeded of the issuer is Fail. This request is given up; a new one is needed. The present certificate of Certificate "shop/web" is valid until 2026-12-01T00:00:00Z.',
      { trouble },
    ),
  },
};

const otherKey = `its public key is not the one of the request. ${lookAtCA}`;
const notWhatWasAsked = 'but it is not what was asked for, so it is not used:';

/** What is said and done about a certificate that was paid for and is not used. */
export const furtherFailures: Readonly<Record<string, Row>> = {
  'an unused certificate is revoked where the issuer says so': {
    situation: { spec: { revocationPolicy: 'RequestGone' }, pca: { issue: [issues({ key: 'other' })] } },
    decision: fails(
      'KeyMismatch',
      `PCA issued certificate pca-1 (RequestId R1), ${notWhatWasAsked} ${otherKey} It is being revoked (spec.revocationPolicy of the issuer).`,
      { unused: 'pca-1' },
    ),
  },
  'an unused certificate without identifier cannot be revoked': {
    situation: { pca: { issue: [issues({ key: 'other', identifier: undefined })] } },
    decision: fails(
      'KeyMismatch',
      `PCA issued certificate without identifier (RequestId R1), ${notWhatWasAsked} ${otherKey}`,
    ),
  },
  'a chain that cannot be read is the fault of the issuer': mismatched(
    'ChainBroken',
    { chain: ['no PEM'] },
    'the reply cannot be read: a text holds no PEM certificate.',
    { held: true },
  ),
  'a CA certificate that another CA signed holds no other certificates': {
    situation: { ...asCA, pca: { find: [{ kind: 'absent' }], issue: [issues({ ca: stranger, chain: [] })] } },
    decision: fails('ChainBroken', `${unlikeCA} its chain does not lead to a root. ${lookAtWay}`),
  },
  'what an earlier call was given shows nothing of the issuer now': {
    situation: { pca: { find: [finds({ ca: hierarchy.root, chain: [hierarchy.root.pem] })] } },
    prepare: (rig) => rig.memories.of(uids['web-1'] ?? '').inherited(0),
    decision: fails(
      'NotSignedByCA',
      `PCA issued certificate pca-1, ${notWhatWasAsked} it is signed by "CN=Test Root P-256", not by CA "ca". ${lookAtWay} It was not revoked, because an earlier call made it, perhaps that of a cluster of which this one is a copy: revoke it in the PCA console if nobody uses it.`,
    ),
  },
  'a parameter of the request that PCA refuses by its name': {
    situation: { pca: { issue: [failed('RequestRejected', { code: 'InvalidParameter.Csr' })] } },
    decision: fails(
      'RejectedByPCA',
      'Alibaba Cloud PCA refuses this request: PCA says RequestRejected. Correct the Certificate; asking again unchanged gives the same answer.',
    ),
  },
  'a lifetime that is cut must leave room for the renewal': {
    situation: {
      spec: { validity: { maxDuration: '24h', onExceed: 'Clamp' } },
      certificate: { spec: { renewBefore: '23h' } },
    },
    decision: fails(
      'DurationTooShort',
      "spec.duration: the issuer's spec.validity.maxDuration 24h0m0s leaves 24h0m0s, too little for the Certificate's spec.renewBefore 23h0m0s: cert-manager would renew it again and again. Ask for a shorter renewBefore, or raise the limit.",
    ),
  },
  'a lifetime that begins in the past must leave room for the renewal': {
    situation: {
      requests: [web({ spec: { duration: '1h' } })],
      spec: { validity: { backdate: '30m' } },
      certificate: { spec: { renewBefore: '31m' } },
    },
    decision: fails(
      'DurationTooShort',
      "spec.duration: the backdating by 30m0s leaves 30m0s, too little for the Certificate's spec.renewBefore 31m0s: cert-manager would renew it again and again. Ask for a longer duration or a shorter renewBefore, or lower spec.validity.backdate of the issuer.",
    ),
  },
};
