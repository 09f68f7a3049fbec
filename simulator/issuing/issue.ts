// Issues one certificate: signs it, with the flaws that are set, and enters it into the ledger.
import type { Service } from '../actions/action.ts';
import type { CountedFault, NamedFault } from '../faults.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import type { AlternativeName, ExtensionContent } from '../x509/extensions.ts';
import { attributeType, encodeName } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import type { Authority } from './authority.ts';
import { issueLeaf } from './leaf.ts';
import type { LeafContent } from './leaf.ts';
import type { IssuedRecord } from './ledger.ts';
import { requestedNames } from './request-names.ts';

/** Everything that an operation decides about a certificate. */
export interface IssuePlan extends Pick<IssuedRecord, 'action' | 'type' | 'inWarehouse' | 'tags' | 'resourceGroupId'> {
  readonly customIdentifier: string | undefined;
  readonly request: CertificationRequest;
  /** DER of the Name. */
  readonly subject: Buffer;
  readonly names: readonly AlternativeName[];
  readonly extensions: readonly ExtensionContent[];
  readonly serialNumber: Buffer | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly withCrl: boolean;
  readonly constraints: LeafContent['constraints'];
  /** The answer goes out without the certificate, which takes its time then. */
  readonly pending: boolean;
}

const day = 86_400_000;
const strangeSubject = encodeName([{ type: attributeType.commonName, value: 'somebody-else' }]);

/** Signs and records; refused only for a serial number that was used before, and by a fault for its name. */
export function issueCertificate(parent: Authority, plan: IssuePlan, service: Service): IssuedRecord | Problem {
  const { faults, ledger } = service;
  const issuedAt = service.now();
  const { notBefore } = plan;
  const named = faults.named(requestedNames(plan.request).map(({ value }) => value));
  if (named === 'refused') return problem('InvalidParameter.Csr', 'The CSR is not accepted.');
  const strikes = (fault: NamedFault & CountedFault): boolean => named === fault || faults.strikes(fault);
  const notAfter = strikes('shiftedValidity') ? dayShorter(notBefore, plan.notAfter) : plan.notAfter;
  const leaf = issueLeaf(parent, {
    ...plan,
    notAfter,
    subject: named === 'wrongSubject' ? strangeSubject : plan.subject,
    constraints: strikes('asCertificateAuthority') ? { ...plan.constraints, ca: true } : plan.constraints,
    wrongKey: strikes('wrongKey'),
    wrongName: strikes('wrongName'),
    wrongUsage: strikes('wrongUsage'),
  });
  if (ledger.hasSerialNumber(parent, leaf.serialNumber))
    return problem('ParamRepeat', 'The serial number was used before.');

  const record: IssuedRecord = {
    ...leaf,
    action: plan.action,
    type: plan.type,
    inWarehouse: plan.inWarehouse,
    customIdentifier: plan.customIdentifier,
    parent,
    request: plan.request,
    names: plan.names,
    notBefore,
    notAfter,
    issuedAt,
    availableAt: new Date(issuedAt.getTime() + (plan.pending ? faults.current.pendingMilliseconds : 0)),
    tags: plan.tags,
    resourceGroupId: plan.resourceGroupId,
    status: 'ISSUE',
    modifiedAt: issuedAt,
  };
  ledger.add(record);
  parent.issuedCount += 1;
  return record;
}

// A validity of less than a day is halved instead, so that it still ends after it begins.
function dayShorter(notBefore: Date, notAfter: Date): Date {
  const length = notAfter.getTime() - notBefore.getTime();
  return new Date(notBefore.getTime() + (length > day ? length - day : Math.floor(length / 2_000) * 1_000));
}
