// What an administrator reads about a watch in trouble: whether it passes by itself, else what is missing and what to do.
import { certManagerApiVersion } from '../crds/cert-manager.ts';
import { signingRequestApiVersion } from '../crds/certificate-signing-request.ts';
import { apiVersion } from '../crds/issuer.ts';
import type { ReflectorTrouble, ReflectorTroubleKind } from '../kubernetes/reflector.ts';

/** A watched collection. */
export interface WatchedCollection {
  /** Plural of the resource. */
  readonly resource: string;
  /** Group and version. */
  readonly apiVersion: string;
  /** What to do where the API server does not serve it. */
  readonly install: string;
}

export const certificateRequestCollection: WatchedCollection = {
  resource: 'certificaterequests',
  apiVersion: certManagerApiVersion,
  install: 'Install cert-manager with its CRDs.',
};

export const signingRequestCollection: WatchedCollection = {
  resource: 'certificatesigningrequests',
  apiVersion: signingRequestApiVersion,
  install: 'Every Kubernetes since 1.19 serves it; set --certificate-signing-requests=false to do without.',
};

/** The collection of issuers of a kind. */
export function issuerCollection(resource: string): WatchedCollection {
  return { resource, apiVersion, install: 'Install the CRDs of this operator (docs/install.md).' };
}

/** What is told about a trouble. */
export interface WatchTrouble {
  /** Whether nothing but an action of somebody ends it. */
  readonly isLasting: boolean;
  /** Complete sentences. */
  readonly text: string;
}

/** Puts a trouble of a collection's watch into words. */
export function watchTrouble(collection: WatchedCollection, { kind, message }: ReflectorTrouble): WatchTrouble {
  const [group = '', version = ''] = collection.apiVersion.split('/');
  const what = `${collection.resource}.${group}`;
  const lasting: Partial<Record<ReflectorTroubleKind, string>> = {
    CollectionMissing: `The API server does not serve ${what} in version ${version}. ${collection.install}`,
    Forbidden: `The operator may not list and watch ${what} in all namespaces, unless the API server has only just started. Bind the ClusterRole of the chart to its ServiceAccount: apiGroups [${group}], resources [${collection.resource}], verbs [list, watch].`,
    Unauthorized: `The API server does not accept the operator's credentials, so ${what} cannot be read. Start the pod anew, or renew the credentials of the kubeconfig.`,
    Rejected: `The API server does not accept the request to list and watch ${what}. Only another version of Kubernetes, of the CRD or of this operator helps.`,
  };
  const aboutOneObject = `One object of ${what} was not taken over, all others are: ${message}`;
  const passing: Partial<Record<ReflectorTroubleKind, string>> = {
    SelectorUnsupported: `${what} cannot be selected by their issuer's group: the CRD is from before cert-manager 1.20, or Kubernetes from before 1.31. All of them are read instead, and those for other issuers are dropped at once, which costs traffic and time for each of them and changes nothing else. Upgrade and start the operator anew to end this. The API server said: ${message}`,
    HandlerFailed: aboutOneObject,
    TransformFailed: aboutOneObject,
    TooLong: aboutOneObject,
  };
  const toDo = lasting[kind];
  return toDo === undefined
    ? {
        isLasting: false,
        text: passing[kind] ?? `The watch was interrupted and continues automatically: ${message}`,
      }
    : { isLasting: true, text: `${toDo} The API server said: ${message}` };
}
