// Whether an issuer may be what it says: whose credentials, which roles, hosts and CAs it names, and which limits it sets. Pure.
import { isAlibabaCloud } from '../../../alibaba/endpoint.ts';
import { credentialSourceOf } from '../../../crds/credential-source.ts';
import type { CredentialSource } from '../../../crds/credential-source.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import { formatDuration, parseDuration } from '../../../issuing/duration.ts';
import { shownList, shownText } from '../../../issuing/x509/shown-text.ts';
import type { Allowance, CertificateLimits } from './allowance.ts';
import { matchesAny, matchesAnyRole } from './pattern.ts';
import { ruleFor } from './rules.ts';
import type { IdentityKind, IssuerRule, IssuerRules } from './rules.ts';

/** `allowance`: the limits of the rule that allows it; undefined where there are no rules. */
export type Judgement =
  | { readonly kind: 'allowed'; readonly allowance: Allowance | undefined }
  | {
      readonly kind: 'refused';
      /** Undefined where no rule is for it. */
      readonly rule: string | undefined;
      readonly field: string;
      readonly message: string;
    };

/** What the operator itself is. */
export interface OwnIdentity {
  /** ARN of the role of its pod. */
  readonly roleArn?: string | undefined;
}

/** The first thing in an issuer that a rule does not allow: the field, what is there, and what may be. */
interface Objection {
  readonly field: string;
  readonly value: string;
  readonly allowed: string;
}

type Examine = (rule: IssuerRule, issuer: Issuer, own: OwnIdentity) => Objection | undefined;

/** Judges an issuer by the first rule that is for it; without rules every issuer is allowed. */
export function judgeIssuer(rules: IssuerRules | undefined, issuer: Issuer, own: OwnIdentity): Judgement {
  if (rules === undefined) return { kind: 'allowed', allowance: undefined };
  const { namespace } = issuer.metadata;
  const whose = namespace === undefined ? 'AlibabaPCAClusterIssuers' : `AlibabaPCAIssuers of namespace "${namespace}"`;
  const rule = ruleFor(rules, namespace);
  if (rule === undefined) {
    const message = `The administrator has no rule for ${whose}, so none is allowed. Ask for one (--issuer-rules; Helm: issuerRules). Contact: ${rules.contact}`;
    return {
      kind: 'refused',
      rule: undefined,
      field: namespace === undefined ? 'kind' : 'metadata.namespace',
      message,
    };
  }
  for (const examine of examinations) {
    const objection = examine(rule, issuer, own);
    if (objection === undefined) continue;
    const { field, value, allowed } = objection;
    const message = `${field} is ${value}, which rule "${rule.name}" of the administrator does not allow to ${whose}. It allows ${allowed}. Change the field, or ask for another rule (--issuer-rules; Helm: issuerRules). Contact: ${rule.contact}`;
    return { kind: 'refused', rule: rule.name, field, message };
  }
  return { kind: 'allowed', allowance: allowanceOf(rule) };
}

function allowanceOf({ name, contact, maxDurationSeconds: seconds, limits }: IssuerRule): Allowance {
  const lifetime = seconds === undefined ? undefined : { seconds, rule: name, contact };
  return { rule: name, contact, lifetime, ...limits };
}

const examinations: readonly Examine[] = [
  identityOf,
  roleOf,
  hostOf,
  parentOf,
  instanceOf,
  longestOf,
  shortestOf,
  numberOf,
];

const kindOfSource: Readonly<Record<CredentialSource['kind'], IdentityKind>> = {
  secret: 'Secret',
  serviceAccount: 'ServiceAccount',
  podRole: 'OperatorRole',
  instanceRole: 'NodeRole',
};

const wordsOf: Readonly<Record<IdentityKind, string>> = {
  Secret: 'an access key (Secret)',
  ServiceAccount: 'the role of a ServiceAccount (ServiceAccount)',
  OperatorRole: "the operator's own role (OperatorRole)",
  NodeRole: "the role of the operator's node (NodeRole)",
};

// Where there is no source that is known, nobody calls for the issuer (source-identities.ts).
function identityOf({ identities }: IssuerRule, { spec }: Issuer): Objection | undefined {
  const source = credentialSourceOf(spec.credentials);
  if (source === undefined || identities.includes(kindOfSource[source.kind])) return undefined;
  return { field: source.path, value: wordsOf[kindOfSource[source.kind]], allowed: identities.join(', ') };
}

function roleOf({ roleArns }: IssuerRule, { spec }: Issuer, own: OwnIdentity): Objection | undefined {
  const source = credentialSourceOf(spec.credentials);
  const isOwnIdentity = source?.kind === 'podRole' || source?.kind === 'instanceRole';
  // Whom a role trusts that is taken with an own identity, RAM decides; of the operator it trusts everybody who may use that.
  const patterns = roleArns ?? (isOwnIdentity ? [] : undefined);
  if (patterns === undefined) return undefined;
  const foreign = rolesOf(spec.credentials, own).find(({ arn }) => !matchesAnyRole(patterns, arn));
  if (foreign === undefined) return undefined;
  const allowed = patterns.length === 0 ? 'no other role with this identity (roleArns)' : shownList(patterns);
  return { field: foreign.field, value: `"${shownText(foreign.arn)}"`, allowed };
}

/** The roles that credentials name, but for the operator's own. */
function rolesOf(
  { rrsa, serviceAccountRef, assumeRole }: Issuer['spec']['credentials'],
  own: OwnIdentity,
): readonly { readonly field: string; readonly arn: string }[] {
  const named = {
    'spec.credentials.rrsa.roleArn': rrsa?.roleArn === own.roleArn ? undefined : rrsa?.roleArn,
    'spec.credentials.serviceAccountRef.roleArn': serviceAccountRef?.roleArn,
    'spec.credentials.assumeRole.roleArn': assumeRole?.roleArn,
  };
  return Object.entries(named).flatMap(([field, arn]) => (arn === undefined ? [] : [{ field, arn }]));
}

function hostOf({ hosts }: IssuerRule, { spec }: Issuer): Objection | undefined {
  const named = [
    ['PCA', 'spec.endpoint.host', spec.endpoint.host],
    ['STS', 'spec.stsEndpoint.host', spec.stsEndpoint?.host],
  ] as const;
  for (const [service, field, host] of named) {
    if (host === undefined) continue;
    if (hosts?.compared.allows(host) ?? isAlibabaCloud(service, { host, protocol: 'HTTPS' })) continue;
    return {
      field,
      value: `"${shownText(host)}"`,
      allowed: hosts === undefined ? "Alibaba Cloud's own hosts" : shownList(hosts.written),
    };
  }
  return undefined;
}

function parentOf({ parentIdentifiers }: IssuerRule, { spec }: Issuer): Objection | undefined {
  const { parentIdentifier } = spec;
  if (parentIdentifiers === undefined || matchesAny(parentIdentifiers, parentIdentifier)) return undefined;
  return {
    field: 'spec.parentIdentifier',
    value: `"${shownText(parentIdentifier)}"`,
    allowed: shownList(parentIdentifiers),
  };
}

function instanceOf({ instanceIds }: IssuerRule, { spec }: Issuer): Objection | undefined {
  const foreign = spec.externalCA?.instanceIds.find((id) => !matchesAny(instanceIds, id));
  if (foreign === undefined) return undefined;
  const allowed = instanceIds.length === 0 ? 'no CA certificates (instanceIds)' : shownList(instanceIds);
  return { field: 'spec.externalCA.instanceIds', value: `"${shownText(foreign)}"`, allowed };
}

function longestOf(rule: IssuerRule, { spec }: Issuer): Objection | undefined {
  return tooLong(rule, 'spec.validity.maxDuration', spec.validity.maxDuration);
}

function shortestOf(rule: IssuerRule, { spec }: Issuer): Objection | undefined {
  return tooLong(rule, 'spec.validity.minDuration', spec.validity.minDuration);
}

function tooLong({ maxDurationSeconds: most }: IssuerRule, field: string, text?: string): Objection | undefined {
  const duration = text === undefined ? undefined : parseDuration(text);
  if (most === undefined || duration?.kind !== 'ok' || duration.seconds <= most) return undefined;
  return {
    field,
    value: formatDuration(duration.seconds),
    allowed: `at most ${formatDuration(most)} (limits.maxDuration)`,
  };
}

const counted = ['certificatesPerHour', 'certificatesPerDay'] as const satisfies readonly (keyof CertificateLimits)[];

function numberOf({ limits }: IssuerRule, { spec }: Issuer): Objection | undefined {
  for (const limit of counted) {
    const [own, most] = [spec.issuanceLimits[limit], limits[limit]];
    if (own === undefined || most === undefined || own <= most) continue;
    return { field: `spec.issuanceLimits.${limit}`, value: String(own), allowed: `at most ${most} (limits.${limit})` };
  }
  return undefined;
}
