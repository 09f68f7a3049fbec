// CreateCertificateWithExtension: all four kinds of names as JSON text, server or client profile. Withdrawn by Alibaba
// Cloud in 2022; it may still answer for old accounts.
import { clientCertificates } from '../certificate-store.ts';
import type { IssuingOperation } from '../operation.ts';
import { readReply } from '../reply-body.ts';
import { clientProfile, documentedKeys, sanTypes, serverProfile, validitySeconds } from './csr-certificate.ts';
import { parentSetting, present, sharedOrigins } from './notation.ts';

const action = 'CreateCertificateWithExtension';

/** The operation CreateCertificateWithExtension (Alibaba: CreateCertificateWithExtension, API 2020-06-30). */
export const certificateWithExtension: IssuingOperation = {
  action,
  version: '2020-06-30',
  capabilities: {
    names: { kinds: ['dns', 'ip', 'email', 'uri'], mixed: true, separator: undefined },
    usages: { kind: 'profiles', profiles: [serverProfile, clientProfile] },
    subject: 'whole',
    // Fields that the CSR lacks may come from the sub CA's own subject.
    addedAttributes: ['2.5.4.10', '2.5.4.11', '2.5.4.8', '2.5.4.7', '2.5.4.6'],
    keys: documentedKeys,
    certificateAuthorities: false,
    callerIdentifier: false,
    replacedBy: 'CreateCustomCertificate',
    refusedIssuerTypes: [],
  },
  parameterOrigins: {
    ParentIdentifier: sharedOrigins.ParentIdentifier,
    CertType: "the profile with the request's usages; setting `certType` allows one of them only",
    'BeforeTime, AfterTime': '`spec.duration` and `validity`, in seconds since 1970',
    CsrPemString: sharedOrigins.Csr,
    Sans: "the CSR's alternative names",
    BasicConstraintsCritical: 'setting `basicConstraintsCritical`',
    AppendCrl: 'setting `appendCrl`',
    AliasName: 'setting `aliasName`',
    'CommonName, Organization, OrganizationUnit, State, Locality, CountryCode': 'not sent: the CSR wins over them',
    AlgorithmKeySize: 'not sent: the CSR wins over it',
  },
  settings: [
    parentSetting,
    { parameter: 'BasicConstraintsCritical', field: 'spec.createCertificateWithExtension.basicConstraintsCritical' },
    { parameter: 'AppendCrl', field: 'spec.createCertificateWithExtension.appendCrl' },
    { parameter: 'AliasName', field: 'spec.createCertificateWithExtension.aliasName' },
  ],
  store: clientCertificates,
  requiredProfile: ({ createCertificateWithExtension }) => createCertificateWithExtension?.certType,
  parameters(request, spec) {
    const { basicConstraintsCritical, appendCrl, aliasName } = spec.createCertificateWithExtension ?? {};
    const sans = request.names.map(({ kind, value }) => ({ Type: sanTypes[kind], Value: value }));
    return present({
      ParentIdentifier: request.parentIdentifier,
      CertType: request.profile?.name ?? serverProfile.name,
      ...validitySeconds(request),
      CsrPemString: request.csr,
      Sans: sans.length === 0 ? undefined : JSON.stringify(sans),
      BasicConstraintsCritical: basicConstraintsCritical?.toString(),
      AppendCrl: appendCrl?.toString(),
      AliasName: aliasName,
    });
  },
  read: (body) => readReply(action, body),
};
