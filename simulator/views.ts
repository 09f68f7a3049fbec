// CAs and certificates as tests and the admin interface see them.
import type { Service } from './actions/action.ts';
import { rootOf } from './issuing/authority.ts';
import type { Authority, AuthorityStatus } from './issuing/authority.ts';
import { certificatePem } from './issuing/ledger.ts';
import type { IssuedRecord } from './issuing/ledger.ts';

/** One CA as its users see it. */
export interface CertificateAuthority {
  readonly identifier: string;
  readonly algorithm: string;
  readonly kind: 'ROOT' | 'SUB_ROOT';
  readonly certificatePem: string;
  readonly rootPem: string;
  readonly notAfter: Date;
  readonly status: AuthorityStatus;
  readonly quota: number;
  /** Undefined where it ends with the CA. */
  readonly subscriptionEnd: Date | undefined;
}

/** One certificate that was issued. */
export interface Issued {
  readonly identifier: string;
  readonly customIdentifier: string | undefined;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly parentIdentifier: string;
  readonly subject: string;
  readonly pem: string;
  /** `DELETED` after DeleteClientCertificate. */
  readonly status: IssuedRecord['status'];
  /** Name of the action that issued it. */
  readonly action: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The parts of a CA that can change at run time. */
export interface AuthorityChanges {
  readonly status?: AuthorityStatus;
  readonly quota?: number;
  readonly subscriptionEnd?: Date;
  /** Gives it another certificate for its key, which ends so many days from now; it has expired below 0. */
  readonly endsInDays?: number;
}

/** Everything that was issued, in its order. */
export function issuedOf({ ledger }: Service): readonly Issued[] {
  return ledger.all().map((record) => ({
    identifier: record.identifier,
    customIdentifier: record.customIdentifier,
    serialNumber: record.serialNumber,
    parentIdentifier: record.parent.identifier,
    subject: record.subject,
    pem: certificatePem(record),
    status: record.status,
    action: record.action,
    notBefore: record.notBefore,
    notAfter: record.notAfter,
  }));
}

/** One CA for its users. */
export function shownAuthority(authority: Authority): CertificateAuthority {
  const { identifier, algorithm, kind, certificatePem: pem, notAfter, status, quota, subscriptionEnd } = authority;
  const rootPem = rootOf(authority).certificatePem;
  return { identifier, algorithm, kind, certificatePem: pem, rootPem, notAfter, status, quota, subscriptionEnd };
}
