// CA certificates from bought instances, as PCA gives them and otherwise.
import { describedCA, issue, makeCsr, Pkcs10CertificateRequest } from '../../support/certificates.ts';
import type { TestCA } from '../../support/certificates.ts';
import { hierarchy, issued } from './stage.ts';
import type { Replies, Reply, Stage } from './stage.ts';

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
