// Calls of the operations that issue by a profile, and the facts of what they issue.
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import {
  ExtendedKeyUsageExtension,
  factsOf,
  KeyUsageFlags,
  KeyUsagesExtension,
  makeCsr,
  signedCall,
  SubjectAlternativeNameExtension,
} from './signed-call.ts';

/** Parameters by wire name. */
export type Texts = Readonly<Record<string, string>>;

/** The four operations. */
export const server = 'CreateServerCertificateWithCsr';
export const client = 'CreateClientCertificateWithCsr';
export const warehouse = 'CreateWHClientCertificate';
export const withExtension = 'CreateCertificateWithExtension';

/** Object identifiers of the profiles' extended key usages. */
export const purpose = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/** A subject that lacks nothing, and the CA that the calls name. */
export const fullSubject = 'C=CN, ST=Beijing, L=Beijing, O=Csr, OU=Unit, CN=csr.example.com';
export const sub = 'sim-sub-ecc-p256';

/** CSRs of that subject, without and with names and usages. */
export async function makeCsrs(): Promise<{ readonly plain: string; readonly named: string }> {
  const extensions = [
    new SubjectAlternativeNameExtension([{ type: 'dns', value: 'csr.example.com' }]),
    new KeyUsagesExtension(KeyUsageFlags.keyAgreement),
    new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.4']),
  ];
  const [plain, named] = await Promise.all([
    makeCsr({ subject: fullSubject }),
    makeCsr({ subject: fullSubject, extensions }),
  ]);
  return { plain: plain.pem, named: named.pem };
}

function parametersOf(action: string, pem: string): Record<string, string> {
  const now = Math.floor(Date.now() / 1_000);
  return action === withExtension
    ? {
        CertType: 'SERVER',
        ParentIdentifier: sub,
        CsrPemString: pem,
        BeforeTime: `${now}`,
        AfterTime: `${now + 86_400}`,
      }
    : { ParentIdentifier: sub, Csr: pem, Days: '30', Immediately: '2' };
}

/** Calls an operation with the least it needs and `more`; a parameter with the value `omitted` is left out. */
export async function callProfile(
  simulator: SimulatorHandle,
  action: string,
  pem: string,
  more: Texts = {},
): Promise<Record<string, unknown>> {
  const version = action === warehouse ? '2020-04-07' : '2020-06-30';
  const merged = Object.entries({ ...parametersOf(action, pem), ...more }).filter(([, value]) => value !== 'omitted');
  return (await signedCall(simulator, action, Object.fromEntries(merged), { version })).body;
}

/** Names and usages of the certificate in an answer. */
export function issuedFacts(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return factsOf(body['X509Certificate'] ?? body['Certificate']);
}
