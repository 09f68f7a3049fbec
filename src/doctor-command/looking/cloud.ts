// What the credentials of an issuer open, found out by the operator's own check: Secret, STS, PCA, the CA, what is trusted.
// Nothing is asked for but descriptions.
import type { Proxy } from '../../alibaba/proxies/proxy.ts';
import { IssuerCheck } from '../../controllers/issuers/check.ts';
import { IssuerCredentials } from '../../controllers/issuers/credentials.ts';
import { requestToken, ServiceAccounts } from '../../controllers/issuers/identity/service-accounts.ts';
import { SourceIdentities } from '../../controllers/issuers/identity/source-identities.ts';
import { IssuerSecrets } from '../../controllers/issuers/secret.ts';
import type { IssuerReason } from '../../controllers/issuers/reasons.ts';
import type { Judgement } from '../../controllers/issuers/tenancy/judge.ts';
import { TrustSources } from '../../controllers/issuers/trust/trust-sources.ts';
import { credentialSourceOf } from '../../crds/credential-source.ts';
import { isUnderstood } from '../../crds/issuer-reading.ts';
import { generationOf, readyCondition } from '../../crds/issuer.ts';
import type { Issuer, IssuerAsRead } from '../../crds/issuer.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { RequestSlots } from '../../kubernetes/request-slots.ts';
import { openPca } from '../../operator/pca.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import type { PodIdentity } from '../../runtime/pod-identity.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import type { CloudFacts, Place } from '../facts.ts';
import type { Settings } from './settings.ts';

/** What the check works with. */
export interface CloudParts {
  /** `create` is for tokens of ServiceAccounts alone (TokenRequest), of which the API server keeps nothing. */
  readonly kubernetes: Pick<KubernetesClient, 'get' | 'create'>;
  readonly settings: Settings;
  /** Of the pod; elsewhere nobody has the operator's own role. */
  readonly identity: PodIdentity;
  readonly place: Place;
  /** The operator's own namespace. */
  readonly namespace: string;
  readonly proxy: Proxy | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Asks PCA about the CA of an issuer; undefined where that cannot be tried from here. */
export type AskCloud = (issuer: IssuerAsRead) => Promise<CloudFacts | undefined>;

const notAllowed: IssuerReason = 'IssuerNotAllowed';
const checkMs = 20_000;
const atATime = 8;

/** Opens the way to PCA; nothing is sent before it is asked. */
export function openCloud(parts: CloudParts): AskCloud {
  const { kubernetes, settings, identity, proxy, clock, signal } = parts;
  const { options, hosts, addresses, metadata, limits } = settings;
  const pca = openPca({
    options,
    proxy,
    addresses,
    metadata,
    requestToken: async (source, ends) => requestToken(kubernetes, source, ends),
    limits,
    clock,
    signal,
    metrics: createMetrics(),
    // What it would say, the result of the check says.
    logger: createLogger({ level: 'silent', format: 'json', write: () => {} }),
  });
  const namespace = options['cluster-resource-namespace'] || parts.namespace;
  const hasRules = options['issuer-rules'] !== '';
  const credentials = new IssuerCredentials({
    identities: new SourceIdentities({
      secrets: new IssuerSecrets(kubernetes, namespace),
      serviceAccounts: new ServiceAccounts(kubernetes, namespace),
      podIdentity: identity,
      lent: {
        podRole: hasRules || options['issuer-ambient-credentials'],
        instanceRole: hasRules || options['issuer-ecs-role'],
      },
    }),
    connect: pca.connect,
    roles: pca.roles,
    accounts: pca.accounts,
    podIdentity: identity,
    hosts,
  });
  const check = new IssuerCheck(credentials, pca.searches, new TrustSources(kubernetes, namespace), {
    clock,
    judge: hasRules ? judgedByOperator : () => ({ kind: 'allowed', allowance: undefined }),
  });
  const slots = new RequestSlots(atATime);
  return async (issuer) => {
    if (!isUnderstood(issuer)) return undefined;
    if (parts.place === 'elsewhere' && isOfTheOperator(issuer)) return undefined;
    // Nobody takes a place any more when time is up.
    const place = await slots.take(issuer.metadata.uid, signal).catch(() => undefined);
    if (place === undefined) return undefined;
    using _place = place;
    using deadline = startDeadline(checkMs, signal, clock);
    const result = await check.check(issuer, deadline.signal);
    if (result.kind === 'notReady') return { kind: 'notReady', ...result.problem };
    const { subject, notAfter, remainingCertificates } = result.issuer.ca;
    return { kind: 'ready', subject, notAfter, remainingCertificates };
  };
}

/** The rules are in a file of the operator's pod, so that its word on the present spec counts; nothing is sent without it. */
function judgedByOperator(issuer: Issuer): Judgement {
  const { reason, message, observedGeneration = 0 } = readyCondition(issuer) ?? {};
  const isJudged = reason !== undefined && observedGeneration >= generationOf(issuer);
  if (isJudged && reason !== notAllowed) return { kind: 'allowed', allowance: undefined };
  const told = isJudged && message !== undefined ? message : 'The operator has not yet judged the issuer by its rules.';
  return { kind: 'refused', rule: undefined, field: 'spec', message: told };
}

/** Whether the credentials begin with what only the operator's pod or its node has. */
function isOfTheOperator({ spec }: Issuer): boolean {
  const kind = credentialSourceOf(spec.credentials)?.kind;
  return kind === 'podRole' || kind === 'instanceRole';
}
