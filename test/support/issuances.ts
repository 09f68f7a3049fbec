// Which request asked for each certificate that PCA issued and each call that it took. cert-manager may ask again for a
// Certificate by itself, for instance when its view of a Secret is late; such a request is a request like any other and
// may cost one certificate. A second certificate for one request, or one that nobody asked for, is a fault.
import { X509Certificate } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import { identifierOf } from './seen-requests.ts';
import type { SeenRequest } from './seen-requests.ts';
import { NotYet, until } from './wait.ts';

/** A certificate as the simulator shows it. */
export interface PaidCertificate {
  readonly serialNumber: string;
  readonly customIdentifier?: string | undefined;
  readonly pem: string;
}

/** A call as the simulator shows it. */
export interface MadeCall {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outcome: string;
}

/** What one request came to. */
export interface Issuance {
  readonly request: SeenRequest;
  readonly certificates: readonly PaidCertificate[];
  /** The calls to issue that carried the request's identifier; those of operations without identifiers are not known. */
  readonly calls: readonly MadeCall[];
}

/** What is compared. */
export interface Evidence {
  readonly clusterUid: string;
  readonly requests: readonly SeenRequest[];
  readonly certificates: readonly PaidCertificate[];
  readonly calls?: readonly MadeCall[];
}

/** How much a test wants to have been paid. */
export interface Wanted {
  /** Undefined for requests without a namespace. */
  readonly namespace?: string;
  /**
   * By the name of the Certificate, or of a request that is for none: how many of its requests have got a certificate.
   * 0 allows none. Otherwise a Certificate may have more, since cert-manager may have asked more often; a request may not.
   */
  readonly certificates: Readonly<Record<string, number>>;
  /** Also that each of these requests was called for at most once. */
  readonly calledOnce?: boolean;
}

/** Where a test finds the evidence. */
export interface Witnesses {
  readonly cluster: Pick<Cluster, 'get'>;
  requests(): Promise<ReadonlyMap<string, SeenRequest>>;
  certificates(): readonly PaidCertificate[] | Promise<readonly PaidCertificate[]>;
  calls?(): readonly MadeCall[];
}

/** Certificates and calls by the requests that asked for them. */
export class Issuances {
  readonly all: readonly Issuance[];
  /** Certificates that no request asked for. */
  readonly unasked: readonly PaidCertificate[];

  constructor({ clusterUid, requests, certificates, calls = [] }: Evidence) {
    const creating = calls.filter(({ action }) => action.startsWith('Create') && !action.startsWith('CreateRevoke'));
    const issuances = requests.map((request) => {
      const identifier = identifierOf(clusterUid, request.uid);
      return {
        request,
        identifier,
        certificates: [] as PaidCertificate[],
        calls: creating.filter(
          ({ parameters }) => (parameters['customIdentifier'] ?? parameters['CustomIdentifier']) === identifier,
        ),
      };
    });
    const byIdentifier = new Map(issuances.map((each) => [each.identifier, each]));
    const unasked: PaidCertificate[] = [];
    for (const certificate of certificates) {
      const { customIdentifier } = certificate;
      // Several requests may share a key that a Certificate keeps, so whoever has none yet goes first; a test that wants
      // to tell them apart gives each a key of its own.
      const asking =
        customIdentifier === undefined
          ? issuances
              .filter(({ request }) => request.key !== undefined && request.key === keyOf(certificate))
              .toSorted((one, other) => one.certificates.length - other.certificates.length)[0]
          : byIdentifier.get(customIdentifier);
      (asking?.certificates ?? unasked).push(certificate);
    }
    this.all = issuances;
    this.unasked = unasked;
  }

  /** The requests for a Certificate, or of that name. */
  of(namespace: string | undefined, name: string): readonly Issuance[] {
    return this.all.filter(
      ({ request }) => request.namespace === namespace && (request.certificate ?? request.name) === name,
    );
  }

  /** What must never be: certificates that were paid twice for one request, or that nobody asked for. */
  faults(): readonly string[] {
    const twice = this.all.filter(({ certificates }) => certificates.length > 1);
    return [
      ...twice.map((each) => `More than one certificate was paid for one request: ${line(each)}`),
      ...this.unasked.map((each) => `No request asked for certificate ${named(each)}.`),
    ];
  }

  /** What is not as it is wanted; each entry tells who asked. */
  complaints({ namespace, certificates, calledOnce = false }: Wanted): readonly string[] {
    const entries = Object.entries(certificates);
    const about = entries.flatMap(([name, wanted]) => {
      const requests = this.of(namespace, name);
      const paid = requests.filter((each) => each.certificates.length > 0);
      const mayHaveMore = wanted > 0 && paid.every(isOfCertManager);
      if (paid.length === wanted || (paid.length > wanted && mayHaveMore)) return [];
      const lines = requests.map(line).join('\n  ');
      return [
        `${paid.length} requests for ${name} got a certificate instead of ${wanted}:\n  ${lines || 'nobody asked'}`,
      ];
    });
    const repeated = entries
      .flatMap(([name]) => this.of(namespace, name))
      .filter(({ calls }) => calledOnce && calls.length > 1);
    return [...this.faults(), ...about, ...repeated.map((each) => `A request was called for again: ${line(each)}`)];
  }

  /** Who asked for what, in a line for each request that cost something. */
  toString(): string {
    const costly = this.all.filter(({ certificates, calls }) => certificates.length + calls.length > 0);
    return costly.map(line).join('\n');
  }
}

/**
 * Answers who asked for what PCA issued. Throws when a request has two certificates or one was asked for by nobody, or
 * when it is not as `wanted`; the error then tells who asked for each certificate.
 */
export async function checkedIssuances(witnesses: Witnesses, wanted?: Wanted): Promise<Issuances> {
  const kubeSystem = await witnesses.cluster.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' });
  const clusterUid = kubeSystem?.metadata.uid ?? '';
  const look = async (): Promise<Issuances> =>
    new Issuances({
      clusterUid,
      certificates: await witnesses.certificates(),
      calls: witnesses.calls?.() ?? [],
      requests: [...(await witnesses.requests()).values()],
    });
  // On a busy machine the operator may see a request, and have it issued, before the test's own watch tells of it.
  const found = await until('the test to have seen who asked for each certificate', async () => {
    const issuances = await look();
    if (issuances.unasked.length > 0) throw new NotYet(`${issuances.faults().join('\n')}\n${issuances.toString()}`);
    return issuances;
  });
  const complaints = wanted === undefined ? found.faults() : found.complaints(wanted);
  if (complaints.length > 0) throw new Error(`${complaints.join('\n')}\nWho asked for what:\n${found.toString()}`);
  return found;
}

// The name of its ServiceAccount, or of the field manager where its webhook noted none.
function isOfCertManager({ request }: Issuance): boolean {
  const { createdBy, certificate } = request;
  return certificate !== undefined && /^(system:serviceaccount:cert-manager:)?cert-manager/.test(createdBy);
}

function line({ request, certificates, calls }: Issuance): string {
  const { kind, namespace, name, uid, createdBy, certificate } = request;
  const where = namespace === undefined ? name : `${namespace}/${name}`;
  const purpose = certificate === undefined ? '' : ` for Certificate ${certificate}`;
  const outcomes = calls.length === 0 ? '' : `, calls: ${calls.map(({ outcome }) => outcome).join(', ')}`;
  return `${kind} ${where} (${uid}), made by ${createdBy}${purpose}: certificates: ${certificates.map(named).join(', ') || 'none'}${outcomes}`;
}

function named({ serialNumber, customIdentifier }: PaidCertificate): string {
  return `${serialNumber} (${customIdentifier === undefined ? 'by its key' : `identifier ${customIdentifier}`})`;
}

function keyOf({ pem }: PaidCertificate): string {
  return Buffer.from(new X509Certificate(pem).publicKey.rawData).toString('base64');
}
