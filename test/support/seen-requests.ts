// Every request for a certificate that ever existed during a test, also those that cert-manager replaced, by UID.
import { createHash } from 'node:crypto';

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

/** What was seen so far. */
export interface SeenRequests {
  readonly requests: ReadonlyMap<string, SeenRequest>;
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

/** Watches the requests of all namespaces; resolves when the watches stand. */
export async function watchRequests(kubeconfig: string): Promise<SeenRequests> {
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
        // What is deleted between two watches is never seen, and some tests restart the API server again and again.
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
    requests,
    stop: async () => {
      end.abort();
      await Promise.all(runs);
      await client.close();
    },
  };
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
