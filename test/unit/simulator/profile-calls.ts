// Calls of the operations that issue by a profile, and the facts of what they issue.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
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

/** A simulator for the tests of one file, and the calls that they make of it. */
export interface ProfileStage {
  readonly simulator: SimulatorHandle;
  /** CSR of the full subject, with names and usages. */
  readonly named: string;
  /** Calls an operation with the least it needs and `more`, over the CSR without names unless another one is given. */
  readonly call: (action: string, more?: Texts, pem?: string) => Promise<Record<string, unknown>>;
  /** The same, and the facts of the certificate in the answer. */
  readonly facts: (action: string, more?: Texts, pem?: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** Starts a simulator before the tests of a file, resets it before each, and stops it after them. */
export function profileStage(): ProfileStage {
  let simulator: SimulatorHandle;
  let csrs: Awaited<ReturnType<typeof makeCsrs>>;
  beforeAll(async () => {
    simulator = await startSimulator();
    csrs = await makeCsrs();
  });
  afterAll(() => simulator.close());
  beforeEach(() => simulator.reset());
  const call: ProfileStage['call'] = async (action, more = {}, pem = csrs.plain) =>
    callProfile(simulator, action, pem, more);
  return {
    get simulator() {
      return simulator;
    },
    get named() {
      return csrs.named;
    },
    call,
    facts: async (action, more, pem) => issuedFacts(await call(action, more, pem)),
  };
}

// CSRs of that subject, without and with names and usages.
async function makeCsrs(): Promise<{ readonly plain: string; readonly named: string }> {
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

// A parameter with the value `omitted` is left out.
async function callProfile(
  simulator: SimulatorHandle,
  action: string,
  pem: string,
  more: Texts = {},
): Promise<Record<string, unknown>> {
  const version = action === warehouse ? '2020-04-07' : '2020-06-30';
  const merged = Object.entries({ ...parametersOf(action, pem), ...more }).filter(([, value]) => value !== 'omitted');
  return (await signedCall(simulator, action, Object.fromEntries(merged), { version })).body;
}

function issuedFacts(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return factsOf(body['X509Certificate'] ?? body['Certificate']);
}
