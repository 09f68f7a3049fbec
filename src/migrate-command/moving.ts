// Moves one Certificate to another issuer without an issuance, and makes and deletes issuers.
//
// cert-manager issues anew when the issuerRef of a Certificate differs from the annotations of its Secret or from its last
// request, and these are three objects. So it is held off first, by what it heeds after a failed issuance
// (status.lastFailureTime, cert-manager: pkg/controller/certificates/trigger): whoever sees the new issuerRef sees that as
// well, since both are in the Certificate. The hold ends when cert-manager calls the Certificate ready in its new form:
// then it has seen Secret and requests as they are now. If this process dies before that, the hold ends by itself after an
// hour, and running it again goes on where it ended.
import {
  certificatePath,
  certificateRequestPath,
  certificateRevisionAnnotation,
  certManagerPath,
} from '../crds/cert-manager.ts';
import type { CertificateRequest, IssuerReference } from '../crds/cert-manager.ts';
import { apiVersion, issuerPath, isReady as isIssuerReady, issuersPath, readyCondition } from '../crds/issuer.ts';
import type { Issuer } from '../crds/issuer.ts';
import { patchTypes } from '../kubernetes/client.ts';
import type { KubernetesClient, KubernetesResult } from '../kubernetes/client.ts';
import { pause } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import { formatMoment } from '../timing/moment.ts';
import { annotations } from './facts.ts';
import type { FoundCertificate } from './facts.ts';
import { incumbentGroup } from './incumbent.ts';
import { isIssuing, isReady } from './looking.ts';
import type { StoredCertificate } from './looking.ts';
import type { CertificateStep, IssuerStep } from './steps.ts';

/** What moving works with. */
export interface MovingParts {
  readonly kubernetes: Pick<KubernetesClient, 'get' | 'create' | 'patch' | 'delete'>;
  readonly clock: Clock;
  /** Ends waiting; what is begun is written to its end. */
  readonly signal: AbortSignal;
  /** Longest wait for an issuer to become ready, and for cert-manager. */
  readonly timeoutMs: number;
}

const pollMs = 500;
const secretAnnotations = {
  name: 'cert-manager.io/issuer-name',
  kind: 'cert-manager.io/issuer-kind',
  group: 'cert-manager.io/issuer-group',
} as const;

/** Moves it; the result says in a sentence why it failed, undefined where it did not. */
export async function moveCertificate(step: CertificateStep, parts: MovingParts): Promise<string | undefined> {
  const { certificate, to, action } = step;
  if (to === undefined) return 'There is no issuer to move it to.';
  try {
    if (action === 'reissue') await refer(certificate, to, parts);
    else await moveKeeping(certificate, to, parts);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function moveKeeping(certificate: FoundCertificate, to: IssuerReference, parts: MovingParts): Promise<void> {
  const { kubernetes, clock } = parts;
  const path = certificatePath(certificate);
  await annotate(path, { [annotations.held]: 'true' }, parts);
  const hold = { lastFailureTime: formatMoment(clock.now()), failedIssuanceAttempts: 1 };
  const held = await patch<StoredCertificate>(`${path}/status`, { status: hold }, parts);
  if (isIssuing(held)) {
    await release(path, parts);
    throw new Error('cert-manager has begun to issue it. Run this again when it is Ready.');
  }
  await refer(certificate, to, parts);
  const secret = `/api/v1/namespaces/${encodeURIComponent(certificate.namespace)}/secrets/${encodeURIComponent(certificate.secretName)}`;
  await annotate(
    secret,
    {
      [secretAnnotations.name]: to.name,
      [secretAnnotations.kind]: to.kind ?? '',
      [secretAnnotations.group]: to.group ?? '',
    },
    parts,
  );
  for (const request of await contradicting(certificate, to, held.status?.revision ?? 0, parts)) {
    const { name, namespace, uid } = request.metadata;
    const deleted = await kubernetes.delete(certificateRequestPath({ namespace, name }), uid);
    if (deleted.kind === 'failed' && deleted.failure.class !== 'NotFound')
      throw new Error(`${deleted.failure.message}.`);
  }
  await untilReady(path, parts);
  await release(path, parts);
}

/** The requests of the present and the next revision with another issuer; cert-manager compares these. */
async function contradicting(
  certificate: FoundCertificate,
  to: IssuerReference,
  revision: number,
  { kubernetes }: MovingParts,
): Promise<readonly CertificateRequest[]> {
  const path = certManagerPath('certificaterequests', certificate.namespace);
  const { items } = bodyOf(await kubernetes.get<{ readonly items: readonly CertificateRequest[] }>(path));
  return items.filter(({ metadata, spec }) => {
    const isIts = metadata.ownerReferences?.some(({ uid }) => uid === certificate.uid) === true;
    const isCompared = Number(metadata.annotations?.[certificateRevisionAnnotation] ?? 0) >= revision;
    const { group, kind, name } = spec.issuerRef;
    return isIts && isCompared && !(group === to.group && kind === to.kind && name === to.name);
  });
}

/** Has it refer to another issuer. Where it came from is kept until it is back there. */
async function refer(certificate: FoundCertificate, to: IssuerReference, parts: MovingParts): Promise<void> {
  const { issuerRef, migratedFrom } = certificate;
  const isBack = migratedFrom !== undefined && migratedFrom.group === to.group;
  const isThere = issuerRef.group === to.group;
  const origin = isBack ? null : JSON.stringify(isThere ? migratedFrom : issuerRef);
  await patch(
    certificatePath(certificate),
    {
      metadata: { uid: certificate.uid, annotations: { [annotations.migratedFrom]: origin ?? null } },
      spec: { issuerRef: { group: to.group, kind: to.kind, name: to.name } },
    },
    parts,
  );
}

async function untilReady(path: string, { kubernetes, clock, signal, timeoutMs }: MovingParts): Promise<void> {
  using deadline = startDeadline(timeoutMs, signal, clock);
  while (deadline.state() === 'running') {
    const certificate = bodyOf(await kubernetes.get<StoredCertificate>(path));
    if (isReady(certificate) && !isIssuing(certificate)) return;
    await pause(pollMs, deadline.signal, clock);
  }
  const begin = signal.aborted
    ? 'It was interrupted before cert-manager called it Ready.'
    : `cert-manager does not call it Ready after ${timeoutMs / 1000} s.`;
  throw new Error(
    `${begin} Look at it with kubectl describe certificate, and run this again within an hour: until then cert-manager issues nothing for it.`,
  );
}

async function release(path: string, parts: MovingParts): Promise<void> {
  await patch(`${path}/status`, { status: { lastFailureTime: null, failedIssuanceAttempts: null } }, parts);
  await annotate(path, { [annotations.held]: null }, parts);
}

async function annotate(
  path: string,
  given: Readonly<Record<string, string | null>>,
  parts: MovingParts,
): Promise<void> {
  await patch(path, { metadata: { annotations: given } }, parts);
}

async function patch<T>(path: string, body: object, { kubernetes }: MovingParts): Promise<T> {
  return bodyOf(await kubernetes.patch<T>(path, body, patchTypes.merge));
}

/** Makes an issuer; the result is as that of {@link moveCertificate}. */
export async function createIssuer(step: IssuerStep, { kubernetes }: MovingParts): Promise<string | undefined> {
  const { kind, namespace, name } = step.issuer;
  const origin = { group: incumbentGroup, kind: step.from?.kind.kind, name: step.from?.name };
  const result = await kubernetes.create(collectionOf(step), {
    apiVersion,
    kind: kind.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { [annotations.migratedFrom]: JSON.stringify(origin) },
    },
    spec: step.spec,
  });
  return result.kind === 'ok' ? undefined : `${result.failure.message}.`;
}

function collectionOf({ issuer: { kind, namespace } }: IssuerStep): string {
  return namespace === undefined
    ? issuersPath(kind)
    : `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
}

/** Deletes an issuer that a migration made. */
export async function deleteIssuer(
  { issuer, uid = '' }: IssuerStep,
  { kubernetes }: MovingParts,
): Promise<string | undefined> {
  const result = await kubernetes.delete(issuerPath(issuer.kind, issuer), uid);
  return result.kind === 'ok' || result.failure.class === 'NotFound' ? undefined : `${result.failure.message}.`;
}

/** Waits until an issuer is ready; the result says why it is not. */
export async function untilIssuerReady({ issuer }: IssuerStep, parts: MovingParts): Promise<string | undefined> {
  const { kubernetes, clock, signal, timeoutMs } = parts;
  using deadline = startDeadline(timeoutMs, signal, clock);
  let last: string | undefined;
  while (deadline.state() === 'running') {
    const result = await kubernetes.get<Issuer>(issuerPath(issuer.kind, issuer));
    if (result.kind === 'failed') return `${result.failure.message}.`;
    if (isIssuerReady(result.body)) return undefined;
    const { reason, message } = readyCondition(result.body) ?? {};
    last = reason === undefined ? undefined : `${reason}: ${message ?? ''}`;
    await pause(pollMs, deadline.signal, clock);
  }
  if (signal.aborted) return 'Interrupted.';
  return last ?? `nobody has checked it in ${timeoutMs / 1000} s. Is the operator running?`;
}

function bodyOf<T>(result: KubernetesResult<T>): T {
  if (result.kind === 'ok') return result.body;
  throw new Error(`${result.failure.message}.`);
}
