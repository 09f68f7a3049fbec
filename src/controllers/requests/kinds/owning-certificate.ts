// The Certificate behind a CertificateRequest, read only where an answer depends on it; it is never watched.
import { certificatePath } from '../../../crds/cert-manager.ts';
import type { Certificate } from '../../../crds/cert-manager.ts';
import { readRenewal } from '../../../issuing/validity.ts';
import type { Renewal } from '../../../issuing/validity.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { Request } from './request.ts';

/** What is read of a Certificate; members are undefined where there is no Certificate or it does not say. */
export interface OwningCertificate {
  readonly uid: string | undefined;
  /** undefined without a Certificate alone. */
  readonly renewal: Renewal | undefined;
  /** Beginning and end of the certificate that is in use now. */
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
  /** status.revision: that of the request from which the certificate in use came. */
  readonly revision: number | undefined;
  /** When cert-manager means to renew the one in use. */
  readonly renewalTime: Date | undefined;
  /** Whether cert-manager says that the one in use is what the present spec asks for. */
  readonly isReady: boolean;
  /** Why cert-manager wants a further one, as a reason of its condition `Issuing`; undefined where it wants none. */
  readonly issuing: string | undefined;
}

/** A Certificate, or the sentence why it cannot be read now. */
export type OwningCertificateRead =
  | { readonly kind: 'ok'; readonly certificate: OwningCertificate }
  | { readonly kind: 'failed'; readonly message: string };

/** Reads the Certificate that owns a request. */
export type ReadOwningCertificate = (
  certificate: Request['certificate'],
  signal: AbortSignal,
) => Promise<OwningCertificateRead>;

const nothing: OwningCertificateRead = {
  kind: 'ok',
  certificate: {
    uid: undefined,
    renewal: undefined,
    notBefore: undefined,
    notAfter: undefined,
    revision: undefined,
    renewalTime: undefined,
    isReady: false,
    issuing: undefined,
  },
};

/** Reads with one GET; none where the request has no Certificate. */
export function owningCertificateReader(kubernetes: Pick<KubernetesClient, 'get'>): ReadOwningCertificate {
  return async (certificate, signal) => {
    if (certificate === undefined) return nothing;
    const { namespace, name } = certificate;
    const result = await kubernetes.get<Certificate>(certificatePath(certificate), { signal });
    if (result.kind === 'ok') return { kind: 'ok', certificate: readCertificate(result.body) };
    if (result.failure.class === 'NotFound') return nothing;
    const message = `Certificate "${namespace}/${name}" could not be read: ${result.failure.message}.`;
    return { kind: 'failed', message };
  };
}

function readCertificate({ metadata, spec = {}, status = {} }: Certificate): OwningCertificate {
  const { conditions = [] } = status;
  const issuing = conditions.find(({ type, status: value }) => type === 'Issuing' && value === 'True');
  const isReady = conditions.some(
    ({ type, status: value, observedGeneration }) =>
      type === 'Ready' && value === 'True' && observedGeneration === metadata?.generation,
  );
  return {
    uid: metadata?.uid,
    renewal: readRenewal(spec),
    notBefore: momentOf(status.notBefore),
    notAfter: momentOf(status.notAfter),
    revision: status.revision,
    renewalTime: momentOf(status.renewalTime),
    isReady,
    issuing: issuing === undefined ? undefined : (issuing.reason ?? ''),
  };
}

function momentOf(text = ''): Date | undefined {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
