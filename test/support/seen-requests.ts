// Every request for a certificate that ever existed during a test, also those that cert-manager replaced, by UID.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { AuditRule } from '../../control-plane/driver/control-plane.ts';
import { KubernetesClient } from '../../src/kubernetes/client.ts';
import { connectWithKubeconfig } from '../../src/kubernetes/connection.ts';
import { Reflector } from '../../src/kubernetes/reflector.ts';
import { Store } from '../../src/kubernetes/store.ts';
import { Pkcs10CertificateRequest } from './certificates.ts';

/** A CertificateRequest, or a CertificateSigningRequest of Kubernetes, as it was made. */
export interface SeenRequest {
  readonly kind: string;
  readonly uid: string;
  /** Undefined for a CertificateSigningRequest. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** Whoever made it, as the API server or cert-manager's webhook noted it. */
  readonly createdBy: string;
  /** Name of the Certificate that it is for; undefined where it was made for itself. */
  readonly certificate: string | undefined;
  /** The public key (SubjectPublicKeyInfo, base64) that its certificate must carry; undefined where none can be read. */
  readonly key: string | undefined;
}

/** What was seen. */
export interface SeenRequests {
  /** The requests up to now, by UID. */
  readonly all: () => Promise<ReadonlyMap<string, SeenRequest>>;
  stop(): Promise<void>;
}

interface RequestObject {
  readonly metadata: {
    readonly uid: string;
    readonly namespace?: string;
    readonly name: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    readonly managedFields?: readonly { readonly manager?: string }[];
  };
  readonly spec: { readonly request: string; readonly username?: string };
}

const watched = {
  CertificateRequest: '/apis/cert-manager.io/v1/certificaterequests',
  CertificateSigningRequest: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
};

/** The rule by which the audit log tells of each request that was made. */
export const madeRequests: AuditRule = {
  level: 'RequestResponse',
  verbs: ['create', 'patch'],
  resources: [
    { group: 'cert-manager.io', resources: ['certificaterequests'] },
    { group: 'certificates.k8s.io', resources: ['certificatesigningrequests'] },
  ],
};

/**
 * Watches the requests of all namespaces; resolves when the watches stand. An audit log with the rule
 * {@link madeRequests} tells also of those that came and went while the API server was down and no watch stood.
 */
export async function watchRequests(kubeconfig: string, auditLogFile?: string): Promise<SeenRequests> {
  const client = new KubernetesClient(await connectWithKubeconfig(kubeconfig), { userAgent: 'seen-requests' });
  const requests = new Map<string, SeenRequest>();
  const end = new AbortController();
  const reflectors = Object.entries(watched).map(
    ([kind, path]) =>
      new Reflector({
        name: `seen ${kind}`,
        client,
        path,
        store: new Store<object>(),
        // What is deleted between two watches is never seen.
        limits: { firstPauseMs: 100, longestPauseMs: 1_000 },
        transform: (object) => {
          const request = object as unknown as RequestObject;
          const { uid } = request.metadata;
          if (!requests.has(uid)) requests.set(uid, seenRequest(kind, request));
          return undefined;
        },
      }),
  );
  const runs = reflectors.map((reflector) => reflector.run(end.signal));
  await Promise.all(reflectors.map((reflector) => reflector.synced(end.signal)));
  return {
    all: async () => {
      if (auditLogFile === undefined) return requests;
      const made = requestsOfAuditLog(await readFile(auditLogFile, 'utf8'));
      return new Map([...requests, ...made.map((request) => [request.uid, request] as const)]);
    },
    stop: async () => {
      end.abort();
      await Promise.all(runs);
      await client.close();
    },
  };
}

interface AuditEvent {
  readonly responseStatus?: { readonly code: number };
  readonly responseObject?: RequestObject & { readonly kind: string };
}

/** The requests that an audit log with the rule {@link madeRequests} tells of; its last line may be unfinished. */
export function requestsOfAuditLog(text: string): readonly SeenRequest[] {
  const events = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEvent);
  return events.flatMap(({ responseStatus, responseObject }) =>
    responseStatus?.code === 201 && responseObject !== undefined && responseObject.kind in watched
      ? [seenRequest(responseObject.kind, responseObject)]
      : [],
  );
}

function seenRequest(kind: string, { metadata, spec }: RequestObject): SeenRequest {
  const { uid, namespace, name, ownerReferences = [], managedFields = [] } = metadata;
  return {
    kind,
    uid,
    namespace,
    name,
    createdBy: spec.username ?? managedFields[0]?.manager ?? 'somebody',
    certificate: ownerReferences.find((owner) => owner.kind === 'Certificate')?.name,
    key: keyOf(spec.request),
  };
}

function keyOf(request: string): string | undefined {
  try {
    const csr = new Pkcs10CertificateRequest(Buffer.from(request, 'base64').toString());
    return Buffer.from(csr.publicKey.rawData).toString('base64');
  } catch {
    // Some tests ask with something that is no X.509 request; nothing can be issued for it.
    return undefined;
  }
}

/** The identifier that a request's certificate must carry in PCA, computed anew from its description in the docs. */
export function identifierOf(clusterUid: string, requestUid: string): string {
  const hex = createHash('sha256').update(`${clusterUid}/${requestUid}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
