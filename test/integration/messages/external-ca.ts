// CA certificates from bought instances, as PCA gives them and otherwise.
import type { IssuerNews } from '../../../src/controllers/issuers/reasons.ts';
import { secondAfter } from '../../support/second-after.ts';
import { describedCA, encoded, issue, makeCsr, Pkcs10CertificateRequest } from '../../support/certificates.ts';
import type { TestCA } from '../../support/certificates.ts';
import { askedByRequest, readyOf } from './certificate-requests.ts';
import { hierarchy, issued, pca, web } from './stage.ts';
import type { Replies, Reply, Scene, Stage } from './stage.ts';

/** PCA that has the instances in this state, and answers calls with them by a CA certificate of this path length or by `reply`. */
export async function externalCAReplies({
  pathLength = 0,
  state = 'BUY',
  reply,
  root,
}: {
  readonly pathLength?: number;
  readonly state?: string;
  readonly reply?: Reply;
  /** What signs it; the root of the issuer's CA unless given. */
  readonly root?: TestCA;
}): Promise<Replies> {
  const cas = await hierarchy();
  const signer = root ?? cas.root;
  return {
    DescribeCACertificate: () => describedCA(cas),
    GetCAInstanceStatus: ({ parameters }) => ({
      RequestId: '15C66C7B-671A-4297-9187-2C4477247A74',
      InstanceStatusList: [{ InstanceId: parameters.get('InstanceId'), Status: state }],
    }),
    CreateExternalCACertificate: async ({ parameters }) => {
      if (reply !== undefined) return reply;
      const csr = new Pkcs10CertificateRequest(parameters.get('Csr') ?? '');
      const [notBefore = '', notAfter = ''] = (parameters.get('Validity') ?? '').split('/');
      const certificate = await issue(signer, {
        spki: Buffer.from(csr.publicKey.rawData),
        subject: [{ CN: ['A CA'] }],
        content: { isCA: true, pathLength, keyUsages: ['keyCertSign', 'cRLSign'] },
        notBefore: new Date(notBefore),
        notAfter: new Date(notAfter),
      });
      return issued(certificate, signer.pem);
    },
  };
}

/** Asks for a CA certificate. */
export async function askedExternalCA(stage: Stage): Promise<void> {
  const csr = await makeCsr('P-256', { subject: [{ CN: ['A CA'] }] });
  const annotations = { 'experimental.cert-manager.io/request-is-ca': 'true' };
  await stage.signingRequest(csr, { usages: ['cert sign', 'crl sign'], annotations });
}

/** A program asks for this CA by itself. */
async function askedByProgram(stage: Stage, name: string): Promise<void> {
  const request = encoded(await makeCsr('P-256', { subject: [{ CN: ['A CA'] }], isCA: true }));
  await askedByRequest(stage, { request, isCA: true, usages: ['cert sign', 'crl sign'] }, name);
}

/** Steps: a program asks for its CA again while the first request waits, and what the first one is told. */
export async function askedTwice(stage: Stage): Promise<string> {
  await stage.issuerOf(await externalCAReplies({ state: 'REFUND' }), { externalCA: { instanceIds: ['cas-1'] } });
  await askedByProgram(stage, 'first');
  await readyOf(stage, 'first', /^Not issued yet/);
  await secondAfter(stage.world.cluster, { namespace: stage.namespace, name: 'first' });
  await askedByProgram(stage, 'second');
  return readyOf(stage, 'first', /newer/);
}

/** Steps: a CA certificate uses one of so many instances, and the issuer tells of it. */
function using(reason: IssuerNews, count: number) {
  return async (stage: Stage): Promise<string> => {
    const instanceIds = Array.from({ length: count }, (_, index) => `cas-${index + 1}`);
    await stage.issuerOf(await externalCAReplies({}), { externalCA: { instanceIds } });
    await askedByProgram(stage, web);
    return stage.event(reason, pca);
  };
}

/** Steps: a CA of SPIRE, which has the name of its trust domain, of an issuer with this setting; PCA takes no name of a CSR. */
function askedBySpire(names: 'Refuse' | 'Drop') {
  return async (stage: Stage): Promise<string> => {
    await stage.issuerOf(await externalCAReplies({}), { externalCA: { instanceIds: ['cas-1'], names } });
    const trustDomain = { kind: 'uri', value: 'spiffe://example.org' } as const;
    const csr = await makeCsr('P-256', { subject: [{ CN: ['A CA'] }], names: [trustDomain], isCA: true });
    await askedByRequest(stage, { request: encoded(csr), isCA: true, usages: ['cert sign', 'crl sign'] });
    return readyOf(stage);
  };
}

/** One scene for each thing that only a CA certificate is told. */
export const externalCAScenes = {
  'names that are refused': {
    steps: askedBySpire('Refuse'),
    says: 'Failed: spec.request: CreateExternalCACertificate has no parameter for alternative names, and PCA does not document whether it uses those of the CSR (URI spiffe://example.org). Ask for a common name and no other names, or set spec.externalCA.names of the issuer to Drop if the CA certificate may lack them.',
  },
  'names that PCA dropped': {
    steps: askedBySpire('Drop'),
    says: 'Issued: Issued by Alibaba Cloud PCA with CreateExternalCACertificate: serial number SERIAL, PCA identifier ID. It uses the only instance in spec.externalCA.instanceIds of the issuer. PCA dropped URI spiffe://example.org: spec.externalCA.names of the issuer is Drop.',
  },
} as const satisfies Readonly<Record<string, Scene>>;

/** One scene for each thing that an issuer tells of its instances. */
export const instanceNewsScenes = {
  InstanceUsed: {
    steps: using('InstanceUsed', 3),
    says: 'Normal InstanceUsed: Instance cas-1 is promised to CertificateRequest "NAMESPACE/web", whose CA certificate activates it. Of 3 in spec.externalCA.instanceIds, 2 are left.',
  },
  LastInstance: {
    steps: using('LastInstance', 2),
    says: 'Warning LastInstance: One instance in spec.externalCA.instanceIds (2) is left: the next CA certificate, or the next renewal of one, uses it. Buy a further instance of an external subordinate CA and add its ID.',
  },
  NoInstanceLeft: {
    steps: using('NoInstanceLeft', 1),
    says: 'Warning NoInstanceLeft: No instance in spec.externalCA.instanceIds (1) is left: the next CA certificate, or the next renewal of one, waits. Buy a further instance of an external subordinate CA and add its ID.',
  },
} as const satisfies Readonly<Partial<Record<IssuerNews, Scene>>>;
