// A user's way to each reason for which a request fails for good, read in the condition `Failed` of a CertificateSigningRequest.
import type { FailureReason } from '../../../src/controllers/requests/reasons.ts';
import { encoded, Extension, keyPair, makeCA, makeCsr, withBytes } from '../../support/certificates.ts';
import type { TestContent } from '../../support/certificates.ts';
import { newerUsage } from './newer-crds.ts';
import { certificateRequestReady } from './certificate-requests.ts';
import { askedExternalCA, askedTwice, externalCAReplies } from './external-ca.ts';
import { hierarchy, issued, issuedContent, madeCA, serverContent, serverUsages } from './stage.ts';
import type { LeafMaker, Reply, Scene, Stage } from './stage.ts';
import { revoke } from '../faults/scene.ts';

const day = 86_400_000;
const annotation = {
  duration: 'experimental.cert-manager.io/request-duration',
  isCA: 'experimental.cert-manager.io/request-is-ca',
};

interface Asked {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly content?: TestContent;
  readonly usages?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Steps: an issuer of the simulator, and a request that differs in one point from one that can be issued. */
function asking({ spec = {}, content = {}, ...settings }: Asked, kind: 'P-256' | 'P-521' | 'RSA-2048' = 'P-256') {
  return async (stage: Stage): Promise<string> => {
    await stage.issuer(spec);
    await stage.signingRequest(await makeCsr(kind, { ...serverContent, ...content }), settings);
    return stage.failure();
  };
}

/** Steps: PCA issues something else than was asked for. */
function givenInstead(make: (leaf: LeafMaker) => Promise<string>, chain?: (own: string) => string) {
  return async (stage: Stage): Promise<string> => {
    const cas = await hierarchy();
    const own = `${cas.issuing.pem}${cas.root.pem}`;
    await stage.issuerOf(await madeCA(cas, async (leaf) => issued(await make(leaf), chain?.(own) ?? own)));
    await stage.askForServer();
    return stage.failure();
  };
}

/** Steps: PCA refuses every call for a certificate. */
async function refusedCalls(stage: Stage, reply: Reply, spec: Readonly<Record<string, unknown>> = {}): Promise<string> {
  await stage.issuerOf({ CreateCustomCertificate: () => reply }, spec);
  await stage.askForServer();
  return stage.failure();
}

function nameConstraints(permitted: string): Extension {
  const name = Buffer.from(permitted);
  const base = Buffer.concat([Buffer.of(0x82, name.length), name]);
  const tree = Buffer.concat([Buffer.of(0x30, base.length), base]);
  const trees = Buffer.concat([Buffer.of(0xa0, tree.length), tree]);
  return new Extension('2.5.29.30', true, Buffer.concat([Buffer.of(0x30, trees.length), trees]));
}

async function constrainedHierarchy() {
  const from = new Date(Date.now() - day);
  const until = new Date(Date.now() + 3_650 * day);
  const root = await makeCA('P-256', { name: 'Test Root', from, until });
  const extensions = [nameConstraints('example.org')];
  return { root, issuing: await makeCA('P-256', { name: 'Test Issuing CA', from, until, extensions }, root) };
}

/** One scene for each reason. */
export const failureScenes: Readonly<Record<FailureReason, Scene>> = {
  InvalidCSR: {
    steps: async (stage) => {
      await stage.issuer();
      // The name differs from the one that was signed.
      const csr = await makeCsr('P-256', serverContent);
      const [signed, changed] = ['web.example.com', 'wep.example.com'].map((name) => Buffer.from(name).toString('hex'));
      return certificateRequestReady(stage, { request: encoded(withBytes(csr, signed ?? '', changed ?? '')) });
    },
    isUnvalidated: true,
    says: 'Failed: spec.request: the certificate request (CSR) cannot be used: its signature does not match its public key, so the requester has not proven that it holds the key. Create the CertificateRequest again with a signed PKCS#10 request in PEM.',
  },
  InvalidDuration: {
    steps: asking({ annotations: { [annotation.duration]: '90 days' } }),
    says: 'InvalidDuration: spec.duration: "90 days" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m.',
  },
  DurationTooLong: {
    steps: asking({ spec: { validity: { maxDuration: '24h' } } }),
    says: 'DurationTooLong: spec.duration: 2160h0m0s is longer than the issuer allows (spec.validity.maxDuration 24h0m0s). Ask for at most 24h0m0s.',
  },
  DurationTooShort: {
    steps: asking({ spec: { validity: { minDuration: '9000h' } } }),
    says: 'DurationTooShort: spec.duration: 2160h0m0s is shorter than the issuer allows (spec.validity.minDuration 9000h0m0s). Ask for at least 9000h0m0s.',
  },
  UnknownUsage: {
    // A cert-manager that is newer than the operator lets such a request in.
    isUnvalidated: true,
    steps: async (stage) => {
      await stage.issuer();
      return certificateRequestReady(stage, { usages: [...serverUsages, newerUsage] });
    },
    says: 'Failed: spec.usages: unknown usage "document signing". Use the usages that cert-manager documents, such as "server auth", or upgrade the operator if cert-manager is newer.',
  },
  UsageNotSupported: {
    steps: asking({ usages: ['cert sign', 'crl sign'] }),
    says: 'UsageNotSupported: spec.usages: CreateCustomCertificate cannot express "cert sign", "crl sign". Remove these usages.',
  },
  CSRContradictsSpec: {
    steps: asking({ content: { keyUsages: ['digitalSignature', 'dataEncipherment'] } }),
    says: 'CSRContradictsSpec: spec.usages: the request asks for "digital signature", "key encipherment", "server auth", its CSR for "digital signature", "data encipherment". Make both the same, or leave the usages out of the CSR.',
  },
  CANotSupported: {
    steps: asking({ annotations: { [annotation.isCA]: 'true' } }),
    says: "CANotSupported: spec.isCA: CreateCustomCertificate cannot issue CA certificates (isCA: true). Ask for a certificate without isCA, or ask the issuer's owner to set spec.externalCA, which needs instances bought in PCA.",
  },
  KeyNotSupported: {
    steps: asking({}, 'P-521'),
    says: "KeyNotSupported: spec.request: the CSR's key is P-521; CreateCustomCertificate supports RSA with 2048 to 8192 bits and P-256, P-384. Choose such a key (in a Certificate: spec.privateKey), or set spec.allowP521 of the issuer if you know that the CA accepts it.",
  },
  KeyFamilyMismatch: {
    steps: asking({}, 'RSA-2048'),
    says: 'KeyFamilyMismatch: spec.request: the CSR\'s key is RSA 2048, but CA "sim-sub-ecc-p256" issues for ECC keys only. Choose algorithm ECDSA (in a Certificate: spec.privateKey), or another CA.',
  },
  NameNotSupported: {
    steps: asking({
      spec: { operation: 'CreateServerCertificateWithCsr' },
      content: { names: [{ kind: 'email', value: 'web@example.com' }] },
    }),
    says: 'NameNotSupported: spec.request: CreateServerCertificateWithCsr cannot express alternative names of the kind email, only dns, ip. Remove them from the Certificate. Or use an issuer with spec.operation CreateCustomCertificate, which can.',
  },
  NameConstraintsNotSupported: {
    steps: asking({ content: { extensions: [nameConstraints('example.org')] } }),
    says: 'NameConstraintsNotSupported: spec.request: CreateCustomCertificate cannot express name constraints. Remove them from the Certificate.',
  },
  NameForbiddenByCA: {
    steps: async (stage) => {
      await stage.issuerOf(await madeCA(constrainedHierarchy(), async () => ({ code: 'InternalError' })));
      await stage.askForServer();
      return stage.failure();
    },
    says: 'NameForbiddenByCA: spec.request: clients would refuse the certificate: the certificate of CA "CN=Test Issuing CA" forbids DNS web.example.com (permitted: DNS example.org). Ask for other names, or for a certificate of another CA.',
  },
  NoName: {
    steps: asking({ content: { subject: [], names: [] } }),
    says: 'NoName: spec.request: the CSR has neither a subject nor an alternative name. Give the Certificate a commonName, dnsNames, ipAddresses, uris or emailAddresses.',
  },
  SubjectNotSupported: {
    steps: asking({
      spec: { operation: 'CreateServerCertificateWithCsr' },
      content: { subject: [{ OU: ['a'] }, { OU: ['b'] }, { CN: ['web.example.com'] }] },
    }),
    says: 'SubjectNotSupported: spec.request: CreateServerCertificateWithCsr has one field each for CN, O, OU, C, ST and L, so this subject cannot be expressed. Use each of these at most once and no others. Or use an issuer with spec.operation CreateCustomCertificate, which can.',
  },
  DeniedReference: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.world.cluster.apply([
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'ask-for-certificates' },
          rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'ask-for-certificates' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ask-for-certificates' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
        },
      ]);
      await stage.signingRequest(await makeCsr('P-256', serverContent), { as: 'jane' });
      return stage.failure();
    },
    says: 'DeniedReference: User "jane" may not use AlibabaPCAIssuer "NAMESPACE/pca". Grant a Role in namespace "NAMESPACE" with apiGroups ["cert-manager.io"], resources ["signers"], verbs ["reference"], resourceNames ["pca"], then create the request again.',
  },
  RejectedByPCA: {
    steps: async (stage) => refusedCalls(stage, { code: 'InvalidParameter.Csr' }),
    says: 'RejectedByPCA: Alibaba Cloud PCA refuses this request: CreateCustomCertificate at HOST failed, the service rejects the request (InvalidParameter.Csr, HTTP 400, RequestId ID): The words of PCA. Correct the Certificate; asking again unchanged gives the same answer.',
  },
  CertificateRevoked: {
    steps: async (stage) => {
      await stage.issuerOf({
        // The answer comes without the certificate, and somebody revokes it before it is looked for.
        CreateCustomCertificate: async ({ genuine }) => {
          const { Identifier, RequestId } = JSON.parse(await genuine()) as Readonly<Record<string, string>>;
          await revoke(stage.world, Identifier ?? '');
          return { Identifier, RequestId };
        },
      });
      await stage.askForServer();
      return stage.failure();
    },
    says: "CertificateRevoked: Certificate ID was issued for this request but revoked in PCA before it was written here, so it is not used. If nobody meant to revoke it, find out who did in PCA's console. This request is given up; a new one is needed.",
  },
  EarlierCertificateNotFound: {
    steps: async (stage) => refusedCalls(stage, { code: 'ParamRepeat.CustomIdentifier' }),
    says: 'EarlierCertificateNotFound: PCA says that a certificate with the custom identifier ID of this request exists already, but it is not found with CA "sim-sub-ecc-p256". That happens when spec.parentIdentifier, spec.operation, spec.region or spec.endpoint of the issuer was changed while no operator ran. Look for it in PCA\'s console, and revoke it if it is not wanted. This request is given up; a new one is needed.',
  },
  PatienceExceeded: {
    steps: async (stage) =>
      refusedCalls(
        stage,
        { code: 'OperationDenied.SystemUpgrading' },
        { patience: { duration: '1s', onExceeded: 'Fail' } },
      ),
    says: 'PatienceExceeded: Not issued for longer than spec.patience.duration of the issuer (1s): CreateCustomCertificate at HOST failed, the service cannot do this at the moment (OperationDenied.SystemUpgrading, HTTP 400, RequestId ID): The words of PCA. spec.patience.onExceeded of the issuer is Fail. This request is given up; a new one is needed.',
  },
  CertificateMalformed: {
    steps: givenInstead(async () => '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'),
    says: 'CertificateMalformed: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: the reply cannot be read: a certificate is malformed. Look at the CA in PCA, and report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  KeyMismatch: {
    steps: givenInstead(async (leaf) => {
      const { publicKey } = await keyPair('P-256', 'somebody else');
      return leaf({ spki: Buffer.from(await crypto.subtle.exportKey('spki', publicKey)) });
    }),
    says: 'KeyMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: its public key is not the one of the request. Look at the CA in PCA, and report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  ChainBroken: {
    steps: givenInstead(
      async (leaf) => leaf(),
      (own) => `${own}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n`,
    ),
    says: 'ChainBroken: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: the reply cannot be read: a certificate is malformed. Look at the CA in PCA, at spec.parentIdentifier and at spec.endpoint of the issuer; if these are right, report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  NotSignedByCA: {
    steps: givenInstead(async (leaf) => {
      const from = new Date(Date.now() - day);
      const until = new Date(Date.now() + 3_650 * day);
      return leaf({ by: await makeCA('P-256', { name: 'Somebody else', from, until }) });
    }),
    says: 'NotSignedByCA: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it is not signed by CA "ID". Look at the CA in PCA, at spec.parentIdentifier and at spec.endpoint of the issuer; if these are right, report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  CAFlagMismatch: {
    steps: givenInstead(async (leaf) => leaf({ content: { isCA: true } })),
    says: 'CAFlagMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it is a CA certificate. Look at the CA in PCA, and report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  PathLengthMismatch: {
    steps: async (stage) => {
      await stage.issuerOf(await externalCAReplies({ pathLength: 3 }), { externalCA: { instanceIds: ['cas-1'] } });
      await askedExternalCA(stage);
      return stage.failure();
    },
    says: 'PathLengthMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: its path length is 3; asked for: 0. Look at the CA in PCA, and report it to Alibaba Cloud.',
  },
  CertificateExpired: {
    steps: givenInstead(async (leaf) =>
      leaf({ notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() - day / 2) }),
    ),
    says: 'CertificateExpired: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it expired at TIME. Look at the CA in PCA, and report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  SubjectMismatch: {
    steps: givenInstead(async (leaf) => leaf({ content: { subject: [{ CN: ['pca'] }] } })),
    says: 'SubjectMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: its subject is CN=pca, not the one that was asked for. If certificates of this CA are to be so, set spec.verification.subject of the issuer to Allow. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  AlternativeNamesMismatch: {
    steps: givenInstead(async (leaf) => leaf({ content: { names: [{ kind: 'dns', value: 'other.example.com' }] } })),
    says: 'AlternativeNamesMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it lacks DNS web.example.com. If certificates of this CA are to be so, set spec.verification.names of the issuer to Allow. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  KeyUsageMismatch: {
    steps: givenInstead(async (leaf) => leaf({ content: { keyUsages: ['digitalSignature'] } })),
    says: 'KeyUsageMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: its key usages differ: it has digital signature; asked for: digital signature, key encipherment. If certificates of this CA are to be so, set spec.verification.usages of the issuer to Allow. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  ExtendedKeyUsageMismatch: {
    steps: givenInstead(async (leaf) => leaf({ content: { extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'] } })),
    says: 'ExtendedKeyUsageMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: its extended key usages differ: it has client auth; asked for: server auth. If certificates of this CA are to be so, set spec.verification.usages of the issuer to Allow. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  ExtensionMismatch: {
    steps: givenInstead(async (leaf) =>
      leaf({ content: { extensions: [new Extension('1.3.6.1.4.1.99999.1', true, Buffer.from('0500', 'hex'))] } }),
    ),
    says: 'ExtensionMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it has the critical extension 1.3.6.1.4.1.99999.1, which nobody knows, so that clients refuse it. Look at the CA in PCA, and report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  NameConstraintsMismatch: {
    steps: async (stage) => {
      const cas = await constrainedHierarchy();
      const wanted: TestContent = {
        subject: [{ CN: ['web.example.org'] }],
        names: [{ kind: 'dns', value: 'web.example.org' }],
      };
      const names = [...(wanted.names ?? []), ...(issuedContent.names ?? [])];
      const replies = await madeCA(cas, async (leaf) =>
        issued(await leaf({ content: { ...wanted, names } }), `${cas.issuing.pem}${cas.root.pem}`),
      );
      await stage.issuerOf(replies, { verification: { names: 'Allow' } });
      await stage.signingRequest(await makeCsr('P-256', wanted));
      return stage.failure();
    },
    says: 'NameConstraintsMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: clients would refuse it: the certificate of CA "CN=Test Issuing CA" forbids DNS web.example.com (permitted: DNS example.org). Look at the CA in PCA, and report it to Alibaba Cloud. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  ValidityMismatch: {
    steps: givenInstead(async (leaf) => leaf({ notAfter: new Date(Date.now() + day) })),
    says: 'ValidityMismatch: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it is valid from TIME to TIME; asked for: TIME to TIME. If certificates of this CA are to be so, set spec.verification.validity of the issuer to Allow. It was not revoked; spec.revocationPolicy RequestGone of the issuer does so.',
  },
  Superseded: {
    steps: askedTwice,
    says: 'Failed: CertificateRequest "NAMESPACE/second" is newer and asks for the same CA (same requester, subject and names), so it gets the next free instance in spec.externalCA.instanceIds of the issuer. This request had none and is given up: no instance was used for it. If its certificate is wanted as well, add an instance to the issuer and create the request again.',
  },
};
