// CreateExternalCACertificate: certificates of CAs. Each call activates one purchased instance, which takes the place of
// an identifier of ours: an instance can be used only once, and PCA tells which CA it was used for.
import { formatDuration } from '../duration.ts';
import { clientCertificates, isRevoked } from '../certificate-store.ts';
import type { IssueCall, IssueReply, IssuingOperation } from '../operation.ts';
import { asIdentifier, asObject, asText, asTexts, readReply, replyOf } from '../reply-body.ts';
import { keyUsages } from '../x509/usages.ts';
import { absoluteValidity, extendedUsageName, fitsFields, sharedOrigins, subjectFields } from './notation.ts';

const action = 'CreateExternalCACertificate';
const version = '2020-06-30';

/** The operation CreateExternalCACertificate (Alibaba: CreateExternalCACertificate, API 2020-06-30). */
export const externalCACertificate: IssuingOperation = {
  action,
  version,
  capabilities: {
    names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: true, separator: undefined, inCsrOnly: true },
    usages: { kind: 'free', keyUsages },
    subject: 'whole',
    addedAttributes: [],
    keys: { rsaBits: [{ from: 2048, to: 8192 }], curves: ['P-256', 'P-384'] },
    certificateAuthorities: true,
    callerIdentifier: false,
    refusedIssuerTypes: [],
  },
  parameterOrigins: {
    InstanceId: 'one of `spec.externalCA.instanceIds` that is not used yet',
    Csr: sharedOrigins.Csr,
    Validity: '`spec.duration` and `validity` as `NotBefore/NotAfter`, exact to the second',
    'ApiPassthrough.Subject':
      "the CSR's subject is used whole, and sent here only after PCA refused a CSR with an attribute without a value",
    'ApiPassthrough.Extensions.ExtendedKeyUsages': "the request's usages",
    'ApiPassthrough.Extensions.PathLenConstraint': 'setting `spec.externalCA.pathLength`',
    CertMaxTime: 'not sent: the CA decides which lifetimes it gives',
    'Tags, ResourceGroupId': 'not sent: only newer versions of the API know them',
  },
  settings: [
    { parameter: 'InstanceId', field: 'spec.externalCA.instanceIds' },
    { parameter: 'ApiPassthrough.Extensions.PathLenConstraint', field: 'spec.externalCA.pathLength' },
  ],
  store: clientCertificates,
  canSendSubject: fitsFields,
  parameters(request, spec) {
    const fields = subjectFields.flatMap(({ field, oid }) => {
      const value = request.subject.find((attribute) => attribute.oid === oid)?.value;
      return value === undefined ? [] : [[field, value] as const];
    });
    const usages = request.usages.extendedKeyUsages.map(extendedUsageName);
    return {
      InstanceId: request.instanceId ?? '',
      Csr: request.csr,
      Validity: absoluteValidity(request),
      ApiPassthrough: JSON.stringify({
        Subject: request.sendsSubject ? Object.fromEntries(fields) : undefined,
        Extensions: {
          ExtendedKeyUsages: usages.length === 0 ? undefined : usages,
          PathLenConstraint: spec.externalCA?.pathLength ?? 0,
        },
      }),
    };
  },
  read: (body) => readReply(action, body),
};

/**
 * What a certificate of a CA costs, for its owner. `of`: instances that the issuer names; `everySeconds`: how often cert-manager
 * renews it, undefined where that is not known or never.
 */
export function instanceNotice(of: number, everySeconds: number | undefined): string {
  const one = of === 1 ? 'the only instance' : `one of ${of} instances`;
  const again = of === 1 ? 'needs another one' : 'uses another one';
  const renewals =
    everySeconds === undefined ? '' : `, and each renewal ${again}: every ${formatDuration(Math.floor(everySeconds))}`;
  return `It uses ${one} in spec.externalCA.instanceIds of the issuer${renewals}.`;
}

/** The call that reads the state of an instance (Alibaba: GetCAInstanceStatus). */
export function instanceStatusCall(instanceId: string): IssueCall {
  return { action: 'GetCAInstanceStatus', version, parameters: { InstanceId: instanceId } };
}

/** `free`: bought and not used; `used`: for the CA `identifier`; `lost`: refunded, revoked or in a state unknown here. */
export type InstanceStatus =
  | { readonly kind: 'free' }
  | { readonly kind: 'used'; readonly identifier: string | undefined }
  | { readonly kind: 'lost'; readonly status: string }
  | { readonly kind: 'malformed'; readonly message: string };

/** Reads the state of this instance (Alibaba: GetCAInstanceStatus, InstanceStatusList). */
export function readInstanceStatus(body: unknown, instanceId: string): InstanceStatus {
  const list = asObject(body)?.['InstanceStatusList'];
  if (!Array.isArray(list))
    return { kind: 'malformed', message: 'The answer to GetCAInstanceStatus holds no list of instances.' };

  const instance = list
    .map((entry: unknown) => asObject(entry))
    .find((entry) => asIdentifier(entry?.['InstanceId']) === instanceId);
  const status = asText(instance?.['Status'])?.toUpperCase();
  if (status === 'BUY') return { kind: 'free' };
  if (status === 'USED') return { kind: 'used', identifier: asIdentifier(instance?.['Identifier']) };
  return { kind: 'lost', status: status ?? 'unknown to PCA' };
}

/** Reads the CA certificate that an instance was used for, from the answer to DescribeCACertificate. */
export function readExternalCA(body: unknown): IssueReply {
  const described = asObject(asObject(body)?.['Certificate']);
  return replyOf('DescribeCACertificate', {
    identifier: described?.['Identifier'],
    certificate: described?.['X509Certificate'],
    chain: asTexts(described?.['CaCertChain']),
    serialNumber: described?.['SerialNumber'],
  });
}

/** Whether the CA certificate in the answer to DescribeCACertificate was revoked. */
export function isRevokedExternalCA(body: unknown): boolean {
  return isRevoked(asObject(asObject(body)?.['Certificate'])?.['Status']);
}
