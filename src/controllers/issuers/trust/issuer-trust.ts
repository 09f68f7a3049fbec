// What the clients of an issuer are to trust stands where they look for it before the first certificate needs it.
import type { Issuer, IssuerStatus } from '../../../crds/issuer.ts';
import { issuerKind, issuerKinds, issuerPath } from '../../../crds/issuer.ts';
import { isTrustedNow, nextTrust } from '../../../issuing/trust/trust-state.ts';
import type { ReadCertificate } from '../../../issuing/x509/certificate.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { Clock } from '../../../timing/clock.ts';
import type { ReadyIssuer } from '../ready-issuers.ts';
import type { IssuerProblem } from '../reasons.ts';
import type { BundlePlace, PublishedBundle } from './published-bundle.ts';
import type { TrustSources } from './trust-sources.ts';

/** What publishing works with. */
export interface IssuerTrustParts {
  readonly sources: Pick<TrustSources, 'isSame'>;
  readonly bundle: Pick<PublishedBundle, 'isPublished' | 'publish' | 'remove'>;
  readonly kubernetes: Pick<KubernetesClient, 'get'>;
  /** Where AlibabaPCAClusterIssuers publish that name no namespace. */
  readonly clusterResourceNamespace: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** What clients must trust and where that stands, as an issuer's status has it. */
export type TrustStatus = NonNullable<IssuerStatus['trust']>;

/** The issuer with its state, published; `stale`: the watch is behind, so that nobody can tell what must stay. */
export type Publishing =
  | { readonly kind: 'ready'; readonly issuer: ReadyIssuer }
  | { readonly kind: 'notReady'; readonly problem: IssuerProblem; readonly ca: undefined }
  | { readonly kind: 'stale' };

/** Keeps and publishes what the clients of issuers must trust. */
export class IssuerTrust {
  readonly #on: IssuerTrustParts;

  constructor(parts: IssuerTrustParts) {
    this.#on = parts;
  }

  /** Whether what was published still stands, and what it was made of is still the same. */
  async isSettled(issuer: Issuer, { trust, trustStatus }: ReadyIssuer, signal: AbortSignal): Promise<boolean> {
    if (trust === undefined || trustStatus === undefined) return true;
    if (!(await this.#on.sources.isSame(issuer, trust.version, signal))) return false;
    const { configMap, bundle } = trustStatus;
    return configMap === undefined || this.#on.bundle.isPublished(issuer, configMap, bundle, signal);
  }

  /**
   * Publishes what clients must trust for a checked issuer: what it will issue below from now on, `demanded` by certificates that
   * wait for it, and what earlier certificates still need. The issuer may issue once this is `ready`.
   */
  async publish(
    issuer: Issuer,
    ready: ReadyIssuer,
    demanded: readonly ReadCertificate[],
    signal: AbortSignal,
  ): Promise<Publishing> {
    const { trust, ca } = ready;
    if (trust === undefined) return { kind: 'ready', issuer: ready };
    const notReady = (problem: IssuerProblem): Publishing => ({ kind: 'notReady', problem, ca: undefined });
    const place = this.#placeOf(issuer);
    if (place !== undefined && 'problem' in place) return notReady(place.problem);
    const anchors = withDemanded(trust.anchors, demanded);
    const { status, spec } = issuer;
    const { isPartial = false } = trust;
    const state = nextTrust({ status, anchors, ca, spec, now: this.#on.clock.now(), isPartial });
    if (state === undefined) return notReady(tooMany);
    const next: TrustStatus = { ...state, ...(place === undefined ? {} : { configMap: place }) };
    const result: Publishing = { kind: 'ready', issuer: { ...ready, trustStatus: next } };
    if (await this.#stands(issuer, place, state.bundle, signal)) return result;
    // What is left out is gone for good, and what must stay only the present status tells.
    if (!(await this.#isPresent(issuer, signal))) return { kind: 'stale' };
    const problem = await this.#write(issuer, place, state.bundle, signal);
    return problem === undefined ? result : notReady(problem);
  }

  /** Whether the bundle is where it is to be, and nowhere else. */
  async #stands(issuer: Issuer, place: BundlePlace | undefined, bundle: string, signal: AbortSignal): Promise<boolean> {
    if (leftPlace(issuer, place) !== undefined) return false;
    return place === undefined || this.#on.bundle.isPublished(issuer, place, bundle, signal);
  }

  async #write(
    issuer: Issuer,
    place: BundlePlace | undefined,
    bundle: string,
    signal: AbortSignal,
  ): Promise<IssuerProblem | undefined> {
    const problem = place === undefined ? undefined : await this.#on.bundle.publish(issuer, place, bundle, signal);
    const left = leftPlace(issuer, place);
    return problem ?? (left === undefined ? undefined : this.#on.bundle.remove(issuer, left, signal));
  }

  #placeOf({ metadata, spec }: Issuer): BundlePlace | { readonly problem: IssuerProblem } | undefined {
    const { publishTo } = spec.trust;
    if (publishTo === undefined) return undefined;
    const { name, key, namespace: named } = publishTo;
    const own = metadata.namespace;
    if (own !== undefined && named !== undefined && named !== own) {
      const message = `spec.trust.publishTo.namespace: an AlibabaPCAIssuer publishes in its own namespace, "${own}", not in "${named}". Remove the field, or use an AlibabaPCAClusterIssuer.`;
      return { problem: { reason: 'InvalidSettings', message } };
    }
    return { namespace: own ?? named ?? this.#on.clusterResourceNamespace, name, key };
  }

  /** Whether the API server has the issuer as the watch does. */
  async #isPresent({ kind, metadata }: Issuer, signal: AbortSignal): Promise<boolean> {
    const named =
      issuerKind(kind) ?? issuerKinds.find(({ scope }) => (scope === 'Cluster') === (metadata.namespace === undefined));
    if (named === undefined) return false;
    const live = await this.#on.kubernetes.get<Pick<Issuer, 'metadata'>>(issuerPath(named, metadata), { signal });
    return live.kind === 'ok' && live.body.metadata.resourceVersion === metadata.resourceVersion;
  }
}

function withDemanded(
  { trusted, verifying }: NonNullable<ReadyIssuer['trust']>['anchors'],
  demanded: readonly ReadCertificate[],
): NonNullable<ReadyIssuer['trust']>['anchors'] {
  const further = demanded.filter(({ der }) => !trusted.some((certificate) => certificate.der.equals(der)));
  return { trusted: [...trusted, ...further], verifying: [...verifying, ...further] };
}

/** Where the bundle stood before and is not to stand any more. */
function leftPlace({ status }: Issuer, place: BundlePlace | undefined): BundlePlace | undefined {
  const former = status?.trust?.configMap;
  return former === undefined || isSamePlace(former, place) ? undefined : former;
}

// The key within a ConfigMap is left to server-side apply, which takes away what is not applied any more.
function isSamePlace(one: BundlePlace, other: BundlePlace | undefined): boolean {
  return one.namespace === other?.namespace && one.name === other.name;
}

const tooMany: IssuerProblem = {
  reason: 'TrustInvalid',
  message:
    'Clients would have to trust more than 64 certificates, former ones included, more than an issuer keeps. Name the ones that they are to trust with spec.trust.source Static.',
};

/** Whether clients of the issuer find the certificate; without a state of trust there is nothing to publish. */
export function isPublished({ trustStatus }: Pick<ReadyIssuer, 'trustStatus'>, certificate: ReadCertificate): boolean {
  return trustStatus === undefined || isTrustedNow(trustStatus, certificate);
}
