// Gathers everything that is judged: reads of the cluster side by side, then what depends on them.
import { readProxy } from '../../alibaba/proxies/proxy.ts';
import { HttpTransport } from '../../alibaba/transport.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { issuerKinds } from '../../crds/issuer.ts';
import type { IssuerAsRead, IssuerKind } from '../../crds/issuer.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { podIdentity } from '../../runtime/pod-identity.ts';
import { productVersion } from '../../runtime/version.ts';
import type { Clock } from '../../timing/clock.ts';
import type { ObjectName } from '../../cluster-reading/right.ts';
import type { CallLimitFacts, Facts, IssuerFacts, Place, RequestFacts } from '../facts.ts';
import { certManagerRights, operatorRights } from '../rights.ts';
import { mapSeen, seen, valueOr } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import { openCloud } from './cloud.ts';
import { certManagerOf, lookAtApproval, lookAtLease, lookAtServiceAccount } from './cluster-parts.ts';
import { lookAtEndpoints } from './endpoints.ts';
import { allIssuers, issuerFacts, lookAtIssuers } from './issuers.ts';
import { lookAtKinds } from './kinds.ts';
import { lookAtMesh } from './mesh.ts';
import { lookAtCallLimits } from './metrics.ts';
import { factsOf, lookAtOperators, ownOperator } from './operator.ts';
import type { FoundOperator } from './operator.ts';
import type { Reader } from '../../cluster-reading/reader.ts';
import { lookAtRequests } from './requests.ts';
import { readSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { lookAtToken } from './token.ts';

/** What is to be looked at. */
export interface LookOrder {
  readonly place: Place;
  readonly issuer: IssuerIdentity | undefined;
  readonly deployment: ObjectName | undefined;
  /** Namespace of the operator; undefined: any. */
  readonly namespace: string | undefined;
  readonly certManager: ObjectName | undefined;
  /** Whether the credentials of issuers are used. */
  readonly withCredentials: boolean;
  /** Address of the leader's metrics. */
  readonly metrics: string | undefined;
}

/** What looking works with. */
export interface LookParts {
  readonly reader: Reader;
  readonly kubernetes: KubernetesClient;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Seconds that this machine's clock is ahead of the API server's, by its latest answer. */
  readonly clockOffset: () => number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type ByKind<T> = Readonly<Record<IssuerKind['kind'], T>>;

/** Looks at everything that the order asks for. */
export async function look(order: LookOrder, parts: LookParts): Promise<Facts> {
  const { reader, clockOffset, clock } = parts;
  const [kinds, operators, requests, mesh, listed, certManager] = await Promise.all([
    lookAtKinds(reader, order.place),
    operatorsFor(order, parts),
    lookAtRequests(reader),
    // The operator may not read it, by design.
    order.place === 'pod' ? undefined : lookAtMesh(reader),
    lookAtIssuers(order.issuer, reader),
    certManagerOf(order.certManager, reader),
  ]);
  const operator = valueOr(operators, [])[0];
  const described = await describeAll(listed, requests, reader);
  const issuers = allIssuers(described);
  const [around, approval, certManagers, way, checked, token, callLimits] = await Promise.all([
    aroundOperator(operator, issuers, order, parts),
    lookAtApproval(certManager, issuers, reader),
    reader.mayEach(certManagerRights, certManager),
    theWay(operator, issuers, parts),
    checkAll(described, { order, operator, parts }),
    tokenOf(operator, order, parts),
    limitsOf(operator, order, parts),
  ]);
  const offset = clockOffset();
  return {
    place: order.place,
    version: productVersion,
    now: new Date(clock.now().getTime() - (offset ?? 0) * 1_000),
    clockOffsetSeconds: offset,
    kinds,
    operators: mapSeen(operators, (found) => found.map(factsOf)),
    ...around,
    token,
    certManagerRights: certManagers,
    approval,
    ...way,
    issuers: checked,
    requests,
    callLimits,
    mesh,
  };
}

/** Inside the pod the process beside this one, elsewhere what the cluster shows. */
async function operatorsFor(
  { place, deployment, namespace }: LookOrder,
  { reader, environment }: LookParts,
): Promise<Seen<readonly FoundOperator[]>> {
  const self = place === 'pod' ? await reader.self() : undefined;
  if (self === undefined) return lookAtOperators(reader, { named: deployment, namespace });
  return seen([ownOperator(self, { environment, version: productVersion })]);
}

async function describeAll(
  listed: ByKind<Seen<readonly IssuerAsRead[]>>,
  requests: RequestFacts,
  reader: Reader,
): Promise<ByKind<Seen<readonly IssuerFacts[]>>> {
  const known = { reader, requests: valueOr(requests.certificateRequests, []) };
  return forEachKind(listed, async (kind, issuer) => issuerFacts(kind, issuer, known));
}

/** What depends on where the operator is and on what its issuers name. */
async function aroundOperator(
  operator: FoundOperator | undefined,
  issuers: readonly IssuerFacts[],
  { place }: LookOrder,
  { reader }: LookParts,
): Promise<Pick<Facts, 'serviceAccount' | 'lease' | 'rights'>> {
  if (operator === undefined) return { serviceAccount: undefined, lease: undefined, rights: [] };
  const { namespace, serviceAccount: name, settings } = operator;
  const account = { namespace, name };
  const options = typeof settings === 'string' ? settings : settings.options;
  const wanted =
    typeof options === 'string'
      ? []
      : operatorRights(
          { options, namespace },
          issuers.map(({ identity: { kind }, issuer }) => ({ kind, issuer })),
        );
  const [serviceAccount, lease, rights] = await Promise.all([
    // Whoever runs as it need not ask.
    place === 'pod' ? seen(true as const) : lookAtServiceAccount(account, reader),
    lookAtLease({ options, namespace }, reader),
    reader.mayEach(wanted, place === 'pod' ? undefined : account),
  ]);
  return { serviceAccount, lease, rights };
}

async function theWay(
  operator: FoundOperator | undefined,
  issuers: readonly IssuerFacts[],
  { environment, clock, signal }: LookParts,
): Promise<Pick<Facts, 'proxyFault' | 'endpoints'>> {
  const proxy = readProxy(environment, settingsOf(operator).options['proxy-ca-bundle']);
  if (proxy.kind === 'invalid') return { proxyFault: proxy.message, endpoints: [] };
  const settings = settingsOf(operator);
  const through = proxy.kind === 'proxy' ? proxy.proxy : undefined;
  const { addresses, hosts } = settings;
  const endpoints = await lookAtEndpoints(
    issuers,
    { hosts, identity: operator?.identity ?? podIdentity({}) },
    { transport: new HttpTransport(through, addresses), addresses, proxy: through, clock, signal },
  );
  return { proxyFault: undefined, endpoints };
}

/** Uses the credentials of each issuer, if that is wanted. */
async function checkAll(
  issuers: ByKind<Seen<readonly IssuerFacts[]>>,
  {
    order,
    operator,
    parts,
  }: { readonly order: LookOrder; readonly operator: FoundOperator | undefined; readonly parts: LookParts },
): Promise<ByKind<Seen<readonly IssuerFacts[]>>> {
  const { kubernetes, environment, clock, signal } = parts;
  const proxy = readProxy(environment, settingsOf(operator).options['proxy-ca-bundle']);
  if (!order.withCredentials || operator === undefined || proxy.kind === 'invalid') return issuers;
  const ask = openCloud({
    kubernetes,
    settings: settingsOf(operator),
    identity: order.place === 'pod' ? operator.identity : { ...operator.identity, tokenFile: undefined },
    place: order.place,
    namespace: operator.namespace,
    proxy: proxy.kind === 'proxy' ? proxy.proxy : undefined,
    clock,
    signal,
  });
  return forEachKind(issuers, async (_kind, facts) => ({ ...facts, cloud: await ask(facts.issuer) }));
}

async function tokenOf(
  operator: FoundOperator | undefined,
  { place }: LookOrder,
  { signal }: LookParts,
): Promise<Facts['token']> {
  const file = operator?.identity.tokenFile;
  return place === 'pod' && file !== undefined ? lookAtToken(file, signal) : undefined;
}

async function limitsOf(
  operator: FoundOperator | undefined,
  { place, metrics }: LookOrder,
  { signal }: LookParts,
): Promise<Seen<readonly CallLimitFacts[]> | undefined> {
  const own = place === 'pod' && operator !== undefined ? ownMetrics(settingsOf(operator)) : undefined;
  const url = metrics ?? own;
  return url === undefined ? undefined : lookAtCallLimits(url, signal);
}

function ownMetrics({ options }: Settings): string | undefined {
  // They want a token that may get them, and its own need not.
  if (options['metrics-address'] !== '') return undefined;
  const address = options['health-address'];
  return `http://${address.startsWith(':') ? `127.0.0.1${address}` : address}/metrics`;
}

/** The operator's settings; the default ones where they cannot be known. */
function settingsOf(operator: FoundOperator | undefined): Settings {
  const settings = operator?.settings;
  if (settings !== undefined && typeof settings !== 'string') return settings;
  const usual = readSettings([], {});
  if (typeof usual === 'string') throw new Error(`The default settings are invalid: ${usual}`);
  return usual;
}

async function forEachKind<T, U>(
  looks: ByKind<Seen<readonly T[]>>,
  of: (kind: IssuerKind, item: T) => Promise<U>,
): Promise<ByKind<Seen<readonly U[]>>> {
  const entries = await Promise.all(
    issuerKinds.map(async (kind): Promise<readonly [string, Seen<readonly U[]>]> => {
      const found = looks[kind.kind];
      if (found.kind !== 'seen') return [kind.kind, found];
      return [kind.kind, seen(await Promise.all(found.value.map(async (item) => of(kind, item))))];
    }),
  );
  return Object.fromEntries(entries) as ByKind<Seen<readonly U[]>>;
}
