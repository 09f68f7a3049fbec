// The Lease of an election, and what is said when the API server refuses a request for it.
import type { KubernetesFailure } from './failure.ts';

/** What a Lease says about its holder; times are RFC 3339 with microseconds. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** A Lease (coordination.k8s.io/v1). */
export interface Lease {
  readonly apiVersion: string;
  readonly kind: string;
  /** The `uid` of a Lease that was read makes a PUT fail, and not create, when the Lease was deleted meanwhile. */
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  readonly spec?: LeaseSpec;
}

/** What was to be done with the Lease. */
export type LeaseAction = 'read' | 'written' | 'created';

const verbs = { read: 'get', written: 'update', created: 'create' } as const;

/** A refused request for the Lease in words: lasting ones name what is missing. */
export function leaseTrouble(
  lease: { readonly namespace: string; readonly name: string },
  done: LeaseAction,
  { class: kind, message }: KubernetesFailure,
): { readonly isLasting: boolean; readonly text: string } {
  const text = `The Lease ${lease.namespace}/${lease.name} cannot be ${done}: ${message}`;
  switch (kind) {
    case 'Forbidden':
      return {
        isLasting: true,
        text: `${text}. Bind a Role in the namespace ${lease.namespace} to the operator: apiGroups [coordination.k8s.io], resources [leases], verbs [${verbs[done]}].`,
      };
    case 'NotFound':
      return {
        isLasting: true,
        text: `${text}. The namespace ${lease.namespace} must exist before the operator runs.`,
      };
    case 'Unauthorized':
    case 'Invalid':
    case 'Defect':
      return { isLasting: true, text };
    case 'Conflict':
    case 'Throttled':
    case 'Transient':
    case 'Cancelled':
      return { isLasting: false, text };
  }
}
