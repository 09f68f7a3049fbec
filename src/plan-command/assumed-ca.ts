// The issuing CA of a plan and what is trusted: as the flags describe it, and otherwise so that it refuses no request.
import { assessIssuingCA } from '../issuing/issuing-ca.ts';
import type { IssuingCA } from '../issuing/issuing-ca.ts';
import { formatMoment } from '../timing/moment.ts';
import { issuingOperations } from '../issuing/operations/index.ts';
import type { SigningRequest } from '../issuing/signing-request.ts';
import type { PlanArguments } from './arguments.ts';
import type { PlanningIssuer } from './issuers.ts';

/** The CA with the assumptions about it, one sentence each; `fault` where it could issue nothing. */
export type AssumedCA =
  | { readonly kind: 'usable'; readonly ca: IssuingCA; readonly assumptions: readonly string[] }
  | { readonly kind: 'unusable'; readonly fault: string };

/** The CA for one request; only PCA knows the real one. */
export function assumeCA(
  request: SigningRequest,
  { spec, ca: observed }: Pick<PlanningIssuer, 'spec' | 'ca'>,
  { now, flags }: { readonly now: Date; readonly flags: PlanArguments },
): AssumedCA {
  const family = request.csr.publicKey.family === 'RSA' ? 'RSA' : 'ECC';
  const { keyFamily, notAfter } = knownOf(flags, observed);
  const ca: IssuingCA = {
    identifier: spec.parentIdentifier,
    status: 'ISSUE',
    type: 'SUB_ROOT',
    keyFamily: keyFamily ?? family,
    issuerType: 'local',
    subject: '',
    notBefore: flags.caNotBefore ?? new Date(0),
    notAfter: notAfter ?? hundredYearsAfter(now),
    maxValiditySeconds: undefined,
    remainingCertificates: undefined,
    totalCertificates: undefined,
    certificate: '',
    chain: [],
  };
  const assessment = assessIssuingCA(ca, issuingOperations[spec.operation], now);
  if (assessment.kind === 'unusable')
    return { kind: 'unusable', fault: `${assessment.message} Requests would wait; change the flags about the CA.` };

  return {
    kind: 'usable',
    ca,
    assumptions: [
      'The CA is an active private subordinate CA with certificates left and no CertMaxTime.',
      ...(keyFamily === undefined ? [`The CA's key is ${family}, like the request's (--ca-key-family).`] : []),
      ...(flags.caNotBefore === undefined
        ? ['The CA is valid already, long enough for any backdate (--ca-not-before).']
        : []),
      ...(notAfter === undefined
        ? [`The CA ends in 100 years, at ${formatMoment(ca.notAfter)} (--ca-not-after).`]
        : []),
    ],
  };
}

/** What is said of the CA, by flags or else by the issuer's status. */
function knownOf(flags: PlanArguments, observed: PlanningIssuer['ca']): Partial<NonNullable<PlanningIssuer['ca']>> {
  return {
    ...observed,
    ...(flags.caKeyFamily === undefined ? {} : { keyFamily: flags.caKeyFamily }),
    ...(flags.caNotAfter === undefined ? {} : { notAfter: flags.caNotAfter }),
  };
}

/** What is taken for granted about what clients are to trust, one sentence each; none where the issuer has its clients trust what comes with the certificate alone. */
export function trustAssumptions({ spec, identity }: PlanningIssuer): readonly string[] {
  const { source, publishTo } = spec.trust;
  return [
    ...(source === 'AllActiveRoots'
      ? [
          "PCA lists at most 32 active roots with keys of the CA's family; ca.crt holds the root of the chain and then these (spec.trust.source).",
        ]
      : []),
    ...(source === 'Static'
      ? [
          'The root of the CA is among the certificates of spec.trust, which become ca.crt; else the issuer is not ready.',
        ]
      : []),
    ...(publishTo === undefined
      ? []
      : [
          `The operator may write ConfigMap "${placeOf(identity?.namespace ?? publishTo.namespace)}${publishTo.name}" (Helm: configMapAccess.namespaces), and nobody else made it; else the issuer is not ready.`,
        ]),
  ];
}

function placeOf(namespace: string | undefined): string {
  return namespace === undefined ? '' : `${namespace}/`;
}

function hundredYearsAfter(moment: Date): Date {
  const later = new Date(moment);
  later.setUTCFullYear(moment.getUTCFullYear() + 100);
  return later;
}
