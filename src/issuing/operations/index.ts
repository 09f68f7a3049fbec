// The issuing operations, by the name that an issuer's spec.operation uses. A further one is one file and one line here.
import type { IssuerSpec } from '../../crds/issuer.ts';
import type { IssuingOperation } from '../operation.ts';
import { certificateWithExtension } from './certificate-with-extension.ts';
import { clientCertificateWithCsr } from './client-certificate-with-csr.ts';
import { customCertificate } from './custom-certificate.ts';
import { serverCertificateWithCsr } from './server-certificate-with-csr.ts';
import { warehouseClientCertificate } from './warehouse-client-certificate.ts';

/** Every operation that an issuer can choose. */
export const issuingOperations: Readonly<Record<IssuerSpec['operation'], IssuingOperation>> = {
  CreateCustomCertificate: customCertificate,
  CreateCertificateWithExtension: certificateWithExtension,
  CreateServerCertificateWithCsr: serverCertificateWithCsr,
  CreateClientCertificateWithCsr: clientCertificateWithCsr,
  CreateWHClientCertificate: warehouseClientCertificate,
};
