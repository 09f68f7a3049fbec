// One request planned by the controller's own code, as plain data for the output.
import { certificateRequestKind } from '../crds/cert-manager.ts';
import { showAlternativeName } from '../issuing/x509/alternative-name.ts';
import { attributeLabel, showName, withValue } from '../issuing/x509/distinguished-name.ts';
import { formatDuration } from '../issuing/duration.ts';
import { formatMoment } from '../timing/moment.ts';
import { dependsOnRenewal, planIssuing } from '../issuing/plan.ts';
import type { IssuePlan } from '../issuing/plan.ts';
import type { Refusal } from '../issuing/refusal.ts';
import { readSecondedRequest } from '../issuing/signing-request.ts';
import { clampNotice } from '../issuing/validity.ts';
import { shownList } from '../issuing/x509/shown-text.ts';
import { usageWord } from '../issuing/x509/usages.ts';
import type { PlanArguments } from './arguments.ts';
import { assumeCA, trustAssumptions } from './assumed-ca.ts';
import type { PlanningIssuer } from './issuers.ts';
import type { PlannableRequest, RequestPlace } from './requests.ts';

/** The future certificate, in words. */
export interface CertificateReport {
  readonly subject: string;
  readonly names: readonly string[];
  readonly usages: readonly string[];
  readonly isCA: boolean;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly lifetime: string;
  /** Things that its owner may not expect, one sentence each. */
  readonly notices: readonly string[];
}

/** One request, without the undefined fields when it is written; `call` and `certificate` where it is planned, `refusal` where it is refused. */
export interface RequestReport {
  readonly source: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly issuer:
    | {
        readonly kind: string;
        readonly namespace: string | undefined;
        readonly name: string;
        readonly source: string | undefined;
      }
    | undefined;
  readonly outcome: 'planned' | 'refused';
  readonly call?: {
    readonly action: string;
    readonly version: string;
    readonly parameters: Readonly<Record<string, string>>;
  };
  readonly certificate?: CertificateReport;
  readonly refusal?: Refusal | Unplannable;
  /** Assumptions about unknown facts, one sentence each. */
  readonly assumptions: readonly string[];
}

/** Why a request cannot be planned at all: what is wrong with it, with its issuer or with what is said of the CA. */
export interface Unplannable {
  readonly reason: 'Unplannable';
  readonly message: string;
}

// Stands in for a UID that is not known; the identifier made of it is never shown.
const unknownUid = '00000000-0000-0000-0000-000000000000';
const derivedIdentifier = "<derived from the cluster's and the request's UID>";

/** Plans one request with this issuer. */
export async function reportOn(
  request: PlannableRequest,
  issuer: PlanningIssuer,
  context: { readonly now: Date; readonly flags: PlanArguments },
): Promise<RequestReport> {
  const place = placeOf(request, issuer);
  const own = assumptionsAbout(request, issuer);
  const read = await readSecondedRequest({ ...request.fields, uid: request.uid ?? unknownUid });
  if (read.kind === 'refused') return refused(place, read.refusal, own);
  const assumed = assumeCA(read.request, issuer, context);
  if (assumed.kind === 'unusable') return refused(place, unplannable(assumed.fault), own);
  const { clusterUid } = context.flags;
  const planned = planIssuing({
    request: read.request,
    spec: issuer.spec,
    ca: assumed.ca,
    clusterUid: clusterUid ?? unknownUid,
    now: context.now,
    renewal: request.renewal,
  });
  const assumptions = [...own, ...assumed.assumptions, ...trustAssumptions(issuer)];
  if (planned.kind === 'refused') return refused(place, planned.refusal, assumptions);
  const { plan } = planned;
  const knowsIdentifier = clusterUid !== undefined && request.uid !== undefined;
  return {
    ...place,
    outcome: 'planned',
    call: { ...plan.call, parameters: parametersOf(plan, knowsIdentifier) },
    certificate: certificateOf(plan, request),
    assumptions,
  };
}

/** The report of a request that cannot be planned; faults are sentences. */
export function reportUnplannable(
  { source, kind, namespace, name }: RequestPlace,
  faults: readonly string[],
): RequestReport {
  return refused({ source, kind, namespace, name, issuer: undefined }, unplannable(faults.join(' ')), []);
}

function unplannable(message: string): Unplannable {
  return { reason: 'Unplannable', message };
}

type Place = Pick<RequestReport, 'source' | 'kind' | 'namespace' | 'name' | 'issuer'>;

function refused(place: Place, refusal: Refusal | Unplannable, assumptions: readonly string[]): RequestReport {
  return { ...place, outcome: 'refused', refusal, assumptions };
}

function placeOf({ source, kind, namespace, name, ...request }: PlannableRequest, issuer: PlanningIssuer): Place {
  const identity = issuer.identity ?? request.issuer;
  return {
    source,
    kind,
    namespace,
    name,
    issuer: identity && {
      kind: identity.kind.kind,
      namespace: identity.namespace,
      name: identity.name,
      source: issuer.source,
    },
  };
}

function assumptionsAbout({ madeUpKey }: PlannableRequest, { identity, spec }: PlanningIssuer): readonly string[] {
  return [
    ...(identity === undefined
      ? [`No issuer was given: operation ${spec.operation}, everything else as the CRD's defaults (-f, --operation).`]
      : []),
    ...(madeUpKey === undefined
      ? []
      : [
          `The CSR is signed with a throw-away ${madeUpKey} key; cert-manager's CSR has another key and is otherwise the same.`,
        ]),
  ];
}

function parametersOf({ call, identifier }: IssuePlan, knowsIdentifier: boolean): Readonly<Record<string, string>> {
  if (knowsIdentifier || identifier === undefined) return call.parameters;
  const entries = Object.entries(call.parameters);
  return Object.fromEntries(entries.map(([name, value]) => [name, value === identifier ? derivedIdentifier : value]));
}

function certificateOf(plan: IssuePlan, { kind, renewal }: PlannableRequest): CertificateReport {
  const { expected, operation } = plan;
  const { subject, names, mayLack, usages, isCA, notBefore, notAfter } = expected;
  const isOpen = kind === certificateRequestKind && renewal === undefined && dependsOnRenewal(plan);
  return {
    subject: showName(subject.kind === 'exact' ? withValue(subject.name.attributes) : subject.attributes),
    names: names.map(showAlternativeName),
    usages: [...usages.keyUsages, ...usages.extendedKeyUsages].map(usageWord),
    isCA,
    notBefore: formatMoment(notBefore),
    notAfter: formatMoment(notAfter),
    lifetime: formatDuration((notAfter.getTime() - notBefore.getTime()) / 1000),
    notices: [
      ...(plan.clamped === undefined ? [] : [clampNotice(plan.clamped)]),
      ...plan.notices,
      ...(isOpen ? ['How its Certificate is renewed is not known here; plan the Certificate itself to see that.'] : []),
      ...(subject.kind === 'exact' || subject.mayAdd.length === 0
        ? []
        : [`${operation.action} may add ${subject.mayAdd.map(attributeLabel).join(', ')} to the subject.`]),
      ...(mayLack.length === 0
        ? []
        : [
            `PCA may drop ${shownList(mayLack.map(showAlternativeName))}, for which ${operation.action} has no parameter: spec.externalCA.names of the issuer is Drop.`,
          ]),
      ...(isCA
        ? ['The instance is the first one that is free, in this plan the first one that the issuer names.']
        : []),
    ],
  };
}
