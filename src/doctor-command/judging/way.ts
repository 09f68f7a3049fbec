// Judges the way to PCA and STS: identity, proxy, connections, limits on calls. Pure.
import { shownList } from '../../issuing/x509/shown-text.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { EndpointFacts, Facts, IssuerFacts, OperatorFacts, TokenClaims } from '../facts.ts';
import { error, ok, unknown, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { valueOr } from '../../cluster-reading/seen.ts';
import { nameOf } from './cluster.ts';
import { everyIssuer } from './issuers.ts';

/** What STS takes from a pod, unless the OIDC provider in RAM has another client ID. */
const usualAudience = 'sts.aliyuncs.com';
const audienceAdvice = `Set rrsa.audience to a client ID of the cluster's OIDC provider in RAM, mostly ${usualAudience}.`;
const tokenFileVariable = 'ALIBABA_CLOUD_OIDC_TOKEN_FILE';

/** Whether the operator has a role of its own where issuers want it, and a token that STS takes. */
export function judgeIdentity(facts: Pick<Facts, 'issuers' | 'operators' | 'token' | 'now'>): readonly Finding[] {
  const [operator] = valueOr(facts.operators, []);
  if (operator === undefined) return [];
  const users = everyIssuer(facts.issuers).filter(usesOwnRole);
  const about = nameOf(operator);
  const findings = [
    ...(users.length > 0 ? missingParts(operator, users) : []),
    ...audienceFindings(operator),
    ...(facts.token === undefined ? [] : tokenFindings(facts.token, operator, facts.now)),
  ];
  if (findings.length > 0) return findings;
  return users.length === 0 ? [] : [ok('identity', about, 'It has a RAM role and a token for STS.')];
}

function usesOwnRole({ issuer: { spec } }: IssuerFacts): boolean {
  return spec?.credentials.rrsa !== undefined;
}

function missingParts(operator: OperatorFacts, users: readonly IssuerFacts[]): readonly Finding[] {
  const { tokenFile, roleArn, oidcProviderArn } = operator.identity;
  const of = (named: 'roleArn' | 'oidcProviderArn'): boolean =>
    users.every(({ issuer: { spec } }) => spec?.credentials.rrsa?.[named] !== undefined);
  const missing = [
    ...(tokenFile === undefined ? [tokenFileVariable] : []),
    ...(roleArn === undefined && !of('roleArn') ? ['ALIBABA_CLOUD_ROLE_ARN'] : []),
    ...(oidcProviderArn === undefined && !of('oidcProviderArn') ? ['ALIBABA_CLOUD_OIDC_PROVIDER_ARN'] : []),
  ];
  if (missing.length === 0) return [];
  const found = `Its pods lack ${missing.join(', ')}, which issuers with spec.credentials.rrsa need.`;
  return [
    error(
      'identity',
      nameOf(operator),
      found,
      'Set rrsa.enabled, rrsa.roleArn and rrsa.oidcProviderArn in the Helm values, or have ack-pod-identity-webhook inject them.',
    ),
  ];
}

function audienceFindings(operator: OperatorFacts): readonly Finding[] {
  const { tokenFile } = operator.identity;
  const own = operator.tokens.filter(({ path }) => tokenFile?.endsWith(`/${path}`) === true);
  if (own.length === 0 || own.some(({ audience }) => audience === usualAudience)) return [];
  const found = `Its token for STS has the audience ${shownList(own.map(({ audience }) => audience))}, not ${usualAudience}.`;
  return [warning('identity', nameOf(operator), found, audienceAdvice)];
}

function tokenFindings(token: TokenClaims | string, operator: OperatorFacts, now: Date): readonly Finding[] {
  const about = `file of ${tokenFileVariable}`;
  if (typeof token === 'string') {
    return [
      error(
        'identity',
        about,
        `It ${token}.`,
        `Mount a projected ServiceAccount token there (Helm: rrsa.enabled), or correct ${tokenFileVariable}.`,
      ),
    ];
  }
  const subject = `system:serviceaccount:${operator.namespace}:${operator.serviceAccount}`;
  return [
    ...(token.audiences.includes(usualAudience)
      ? []
      : [
          warning(
            'identity',
            about,
            `The token has the audience ${shownList(token.audiences)}, not ${usualAudience}.`,
            audienceAdvice,
          ),
        ]),
    ...(token.expiresAt > now.getTime()
      ? []
      : [
          error(
            'identity',
            about,
            `The token has expired at ${formatMoment(new Date(token.expiresAt))}.`,
            'The kubelet renews it: look at the node, and at its clock.',
          ),
        ]),
    ...(token.subject === subject
      ? []
      : [
          warning(
            'identity',
            about,
            `The token is that of ${token.subject}, not of ${subject}.`,
            'Compare the subject with the trust policy of the role.',
          ),
        ]),
  ];
}

/** Whether the proxy can be used, and whether PCA and STS are reached. */
export function judgeConnections({
  proxyFault,
  endpoints,
  place,
}: Pick<Facts, 'proxyFault' | 'endpoints' | 'place'>): readonly Finding[] {
  if (proxyFault !== undefined) {
    return [
      error('proxy', 'HTTPS_PROXY', proxyFault, 'Correct it where the operator gets its environment (Helm: proxy).'),
    ];
  }
  return endpoints.map((endpoint) => connectionFinding(endpoint, place));
}

function connectionFinding(endpoint: EndpointFacts, place: Facts['place']): Finding {
  const { service, host, protocol, steps, proxy } = endpoint;
  const about = `${service} at ${host} (${protocol}${proxy === undefined ? '' : `, through the proxy ${proxy}`})`;
  const all = Object.entries(steps);
  const failed = all.flatMap(([, step]) => (step.kind === 'failed' ? [step.message] : []))[0];
  if (failed !== undefined) {
    const todo = `Used by ${shownList(endpoint.issuers)}.`;
    // What a laptop reaches is no matter to the operator: its condition says what the operator met.
    if (place === 'elsewhere') {
      return warning(
        'connection',
        about,
        `From this machine: ${failed}`,
        `${todo} The operator's pods may have another way: run the doctor there to know.`,
      );
    }
    return error('connection', about, failed, todo);
  }
  if (all.some(([, { kind }]) => kind === 'notReached'))
    return unknown('connection', about, 'There was no time to try it.', 'Run this again with a longer --timeout.');
  const way = all.map(([name, step]) => `${name} ${step.kind === 'ok' ? step.detail : ''}`).join('; ');
  return ok('connection', about, way);
}

/** Whether calls wait for limits. */
export function judgeCallLimits({ callLimits }: Pick<Facts, 'callLimits'>): readonly Finding[] {
  if (callLimits === undefined) return [];
  if (callLimits.kind !== 'seen') {
    const why = callLimits.kind === 'unanswered' ? callLimits.why : 'they are not served.';
    return [
      unknown(
        'call-limit',
        'metrics of the operator',
        `They could not be read: ${why}`,
        'Correct --metrics, for instance to that of a port-forward to the pod that holds the Lease.',
      ),
    ];
  }
  const findings = callLimits.value.flatMap(({ account, region, action, perSecond, waiting, held }) => {
    const about = `${action} in ${region}, account ${account}`;
    if (held) {
      return [
        error(
          'call-limit',
          about,
          'Several calls in a row had no answer, so calls are held but for one at a time.',
          'Look at the connection to PCA; spec.region and spec.endpoint of the issuer.',
        ),
      ];
    }
    if (waiting === 0) return [];
    return [
      warning(
        'call-limit',
        about,
        `${waiting} requests wait: PCA allows ${perSecond} calls per second.`,
        'They go on by themselves. Where that is too slow, have Alibaba Cloud raise the limit (alibaba-pca-issuer capacity).',
      ),
    ];
  });
  if (findings.length > 0) return findings;
  return [
    ok('call-limit', 'metrics of the operator', `No request waits for any of ${callLimits.value.length} limits.`),
  ];
}
