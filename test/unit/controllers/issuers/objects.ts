// What tests of issuers share: issuer objects as a cluster has them, a checked one, and answers of the API server.
import type { Owner } from '../../../../src/controllers/issuers/owner-holds.ts';
import type { ReadyIssuer } from '../../../../src/controllers/issuers/ready-issuers.ts';
import { admit } from '../../../../src/crds/admission.ts';
import { issuerSpecSchema } from '../../../../src/crds/issuer-schema/spec.ts';
import type { Issuer } from '../../../../src/crds/issuer.ts';
import type { KubernetesFailureClass, KubernetesResult } from '../../../../src/kubernetes/failure.ts';
import { makeHierarchy } from '../../../support/certificates.ts';
import { issuerSpec, issuingCA } from '../../../support/issuing.ts';
import { stage } from '../../authority/authority-stage.ts';

/** The hierarchy of the CA that every issuer here names. */
export const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));

/** How an issuer names its Secret. */
export const withSecret = { credentials: { secretRef: { name: 'access-key' } } };

/** The data of a Secret with an access key. */
export const secretData = { accessKeyId: 'TFRBSQ==', accessKeySecret: 'c2VjcmV0' };

/** An issuer as the API server gives it, with the defaults of its schema; cluster-scoped without namespace. */
export function issuerObject(
  spec: object = withSecret,
  metadata: Partial<Issuer['metadata']> = { namespace: 'shop' },
): Issuer {
  const admitted = admit(issuerSpecSchema, { parentIdentifier: 'ca', ...withSecret, ...spec }, 'spec');
  if (admitted.kind === 'rejected') throw new Error(admitted.faults.join(' '));
  return {
    metadata: {
      name: 'pca',
      uid: 'u1',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-11-22T00:00:00Z',
      ...metadata,
    },
    spec: admitted.value,
  };
}

/** A checked issuer. */
export function readyIssuer(changes: Partial<ReadyIssuer> = {}): ReadyIssuer {
  return {
    uid: 'u1',
    generation: 1,
    spec: issuerSpec(),
    ca: issuingCA(hierarchy),
    authority: stage().authority,
    credentialsVersion: '7',
    ...changes,
  };
}

/** The owner of a request in these namespaces, `tenant` of a cluster issuer. */
export function ownerIn(tenant: string, name = 'web'): Owner {
  return { key: `${tenant}/${name}`, tenant };
}

/** The owner of a request. */
export const owner = ownerIn('shop');

/** A read of the API server that succeeds. */
export function read<Body>(body: Body): KubernetesResult<Body> {
  return { kind: 'ok', status: 200, body };
}

/** A request that the API server does not serve. */
export function unserved(failureClass: KubernetesFailureClass): Extract<KubernetesResult<never>, { kind: 'failed' }> {
  const rest = { status: undefined, reason: undefined, retryAfterMs: undefined };
  return { kind: 'failed', failure: { class: failureClass, message: 'the API server says no', ...rest } };
}
