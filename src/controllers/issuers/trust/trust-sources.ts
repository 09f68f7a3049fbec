// What an issuer has its clients trust, from where its spec says it comes: the CA's path, PCA's list of roots, or certificates
// that an administrator gives.
import type { PcaFailure } from '../../../alibaba/errors.ts';
import type { ActiveRoots } from '../../../authority/active-roots.ts';
import { problemOf } from '../../../authority/problems.ts';
import type { Issuer } from '../../../crds/issuer.ts';
import { certificatesOf } from '../../../issuing/issuing-ca.ts';
import type { IssuingCA } from '../../../issuing/issuing-ca.ts';
import { anchorsOf, shownAnchor } from '../../../issuing/trust/anchors.ts';
import type { Anchors } from '../../../issuing/trust/anchors.ts';
import { mostTrusted, readBundle } from '../../../issuing/trust/bundle.ts';
import type { ReadCertificate } from '../../../issuing/x509/certificate.ts';
import { topOf } from '../../../issuing/x509/certificate-chain.ts';
import type { KubernetesClient } from '../../../kubernetes/client.ts';
import type { KubernetesFailure, KubernetesResult } from '../../../kubernetes/failure.ts';
import type { IssuerProblem } from '../reasons.ts';

/** What clients are to trust, as the last check found it. */
export interface CheckedTrust {
  readonly anchors: Anchors;
  /** What the source gives beside the CA's path. */
  readonly given: readonly ReadCertificate[];
  /** resourceVersion of the object that holds it; empty where none is read. */
  readonly version: string;
  /** An entry of spec.failover could not be asked, so that what stands for it stays as it is. */
  readonly isPartial?: boolean;
}

/** What was found, or what the issuer's condition says. */
export type TrustReading =
  { readonly kind: 'ok'; readonly trust: CheckedTrust } | { readonly kind: 'problem'; readonly problem: IssuerProblem };

type Given =
  | { readonly kind: 'ok'; readonly given: readonly ReadCertificate[]; readonly version: string }
  | Extract<TrustReading, { readonly kind: 'problem' }>;

type Reference = NonNullable<Issuer['spec']['trust']['certificatesFrom']>;

interface Holder {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** Reads them; objects of cluster-scoped issuers are in `clusterResourceNamespace`. */
export class TrustSources {
  readonly #kubernetes: Pick<KubernetesClient, 'get'>;
  readonly #clusterResourceNamespace: string;

  constructor(kubernetes: Pick<KubernetesClient, 'get'>, clusterResourceNamespace: string) {
    this.#kubernetes = kubernetes;
    this.#clusterResourceNamespace = clusterResourceNamespace;
  }

  /** What clients of this issuer are to trust; `listRoots` is called for AllActiveRoots alone. */
  async read(
    issuer: Issuer,
    ca: IssuingCA,
    listRoots: () => Promise<ActiveRoots>,
    signal: AbortSignal,
  ): Promise<TrustReading> {
    const { trust } = issuer.spec;
    const { path } = certificatesOf(ca);
    const found = await this.#given(issuer, listRoots, signal);
    if (found.kind === 'problem') return found;
    const { given, version } = found;
    // A CA whose own certificate cannot be read was refused before.
    const anchors = path && anchorsOf(trust.source, path, given);
    if (anchors !== undefined) return { kind: 'ok', trust: { anchors, given, version } };
    const root = path === undefined ? '' : ` ${shownAnchor(topOf(path))}`;
    return invalid(
      `none of the certificates that ${fieldOf(trust)} gives is the root of CA "${issuer.spec.parentIdentifier}",${root}, so no client could verify what it issues. Add that root to them, or choose another spec.trust.source.`,
    );
  }

  /** Whether the object with the certificates is still that of `version`; one that cannot be read has changed. */
  async isSame(issuer: Issuer, version: string, signal: AbortSignal): Promise<boolean> {
    const { certificatesFrom } = issuer.spec.trust;
    if (certificatesFrom === undefined) return true;
    const result = await this.#get(issuer, certificatesFrom, signal);
    return result.kind === 'ok' && result.body.metadata.resourceVersion === version;
  }

  async #given(issuer: Issuer, listRoots: () => Promise<ActiveRoots>, signal: AbortSignal): Promise<Given> {
    const { source, certificates, certificatesFrom } = issuer.spec.trust;
    switch (source) {
      case 'Root':
      case 'IssuingCA':
        return { kind: 'ok', given: [], version: '' };
      case 'AllActiveRoots':
        return rootsOf(issuer, await listRoots());
      case 'Static':
        return certificatesFrom === undefined
          ? bundleOf('spec.trust.certificates', certificates ?? '', '')
          : this.#referred(issuer, certificatesFrom, signal);
    }
  }

  async #referred(issuer: Issuer, reference: Reference, signal: AbortSignal): Promise<Given> {
    const { kind, name, key } = reference;
    const namespace = this.#namespaceOf(issuer);
    const object = `${kind} "${namespace}/${name}", named by spec.trust.certificatesFrom,`;
    const result = await this.#get(issuer, reference, signal);
    if (result.kind === 'failed') return { kind: 'problem', problem: unavailable(result.failure, object, namespace) };
    const { data = {}, metadata } = result.body;
    const value = data[key];
    if (value === undefined) return invalid(`${object} has no value under "${key}". Add it, or name the right key.`);
    const text = kind === 'Secret' ? Buffer.from(value, 'base64').toString('latin1') : value;
    return bundleOf(object, text, metadata.resourceVersion);
  }

  async #get(issuer: Issuer, { kind, name }: Reference, signal: AbortSignal): Promise<KubernetesResult<Holder>> {
    const plural = kind === 'Secret' ? 'secrets' : 'configmaps';
    const namespace = encodeURIComponent(this.#namespaceOf(issuer));
    return this.#kubernetes.get<Holder>(`/api/v1/namespaces/${namespace}/${plural}/${encodeURIComponent(name)}`, {
      signal,
    });
  }

  #namespaceOf(issuer: Issuer): string {
    return issuer.metadata.namespace ?? this.#clusterResourceNamespace;
  }
}

function bundleOf(where: string, text: string, version: string): Given {
  const read = readBundle(text);
  if (read.kind === 'ok') return { kind: 'ok', given: read.certificates, version };
  return invalid(`${where} ${read.message}. Put the PEM certificates of the CAs there that clients are to trust.`);
}

// What any call would meet; the rest concerns the list alone.
const ofTheWay: ReadonlySet<PcaFailure['class']> = new Set(['Credentials', 'Permission', 'EndpointNotAllowed']);

function rootsOf({ spec }: Issuer, listed: ActiveRoots): Given {
  switch (listed.kind) {
    case 'ok':
      return { kind: 'ok', given: listed.roots, version: '' };
    case 'tooMany':
      return invalid(
        `the account has more than ${mostTrusted} active roots, too many for spec.trust.source AllActiveRoots. Name the ones that clients are to trust with source Static.`,
      );
    case 'unreadable':
      return unlisted(`PCA listed the account's roots in a form that cannot be used: ${listed.message}`);
    case 'failed':
      return ofTheWay.has(listed.failure.class)
        ? { kind: 'problem', problem: problemOf(listed.failure, spec) ?? unlisted(listed.failure.message).problem }
        : unlisted(listed.failure.message);
  }
}

function unlisted(why: string): Extract<Given, { readonly kind: 'problem' }> {
  const message = `The account's active roots, which spec.trust.source asks for, could not be listed: ${why} The issuer is checked again automatically; if this lasts, choose another source.`;
  return { kind: 'problem', problem: { reason: 'TrustUnavailable', message } };
}

function unavailable(failure: KubernetesFailure, object: string, namespace: string): IssuerProblem {
  return { reason: 'TrustUnavailable', message: unavailableMessage(failure, object, namespace) };
}

function unavailableMessage(failure: KubernetesFailure, object: string, namespace: string): string {
  if (failure.class === 'NotFound')
    return `${object} does not exist. Create it with the PEM certificates of the CAs that clients are to trust; the issuer is checked again automatically.`;
  if (failure.class === 'Forbidden' || failure.class === 'Unauthorized')
    return `The operator may not read ${object} since ${failure.message}. Grant its ServiceAccount a Role in namespace "${namespace}" with apiGroups [""], resources ["configmaps", "secrets"], verbs ["get"] (Helm: add the namespace to secretAccess.namespaces).`;
  return `${object} could not be read: ${failure.message}. The issuer is checked again automatically.`;
}

function fieldOf({ certificatesFrom }: Issuer['spec']['trust']): string {
  return certificatesFrom === undefined ? 'spec.trust.certificates' : 'spec.trust.certificatesFrom';
}

function invalid(message: string): Extract<Given, { readonly kind: 'problem' }> {
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return { kind: 'problem', problem: { reason: 'TrustInvalid', message: sentence } };
}
