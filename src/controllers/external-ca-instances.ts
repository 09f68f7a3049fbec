// Which purchased instance a CA certificate activates. The account is kept in the issuer's status, written before the
// instance is used, so that it survives restarts and races; what an instance was used for, PCA itself is asked.
import { apiVersion, issuerPath, type Issuer, type IssuerStatus } from '../crds/issuer.ts';
import { readCertificates } from '../issuing/x509/certificate-chain.ts';
import { describeIssuingCACall } from '../issuing/issuing-ca.ts';
import type { IssueReply } from '../issuing/operation.ts';
import {
  instanceStatusCall,
  readExternalCA,
  readInstanceStatus,
} from '../issuing/operations/external-ca-certificate.ts';
import type { PcaFailure } from '../alibaba/errors.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesFailure } from '../kubernetes/failure.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import type { IssuerSession } from './issuer-sessions.ts';
import type { LiveRequest } from './live-request.ts';
import { requestKey } from './open-request.ts';

/** What to do for a request: `use` this instance, `found` what it was used for already, or wait, and why. */
export type InstanceOutcome =
  | { readonly kind: 'use'; readonly instanceId: string }
  | { readonly kind: 'found'; readonly reply: IssueReply }
  | { readonly kind: 'exhausted'; readonly message: string }
  | { readonly kind: 'unsettled'; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** For whom an instance is wanted. */
export interface InstanceClaim {
  readonly issuer: IssuerIdentity;
  readonly session: IssuerSession;
  readonly request: LiveRequest;
  /** DER of the SubjectPublicKeyInfo that the certificate must carry. */
  readonly spki: Buffer;
  readonly signal: AbortSignal;
}

type Entry = NonNullable<IssuerStatus['externalCA']>['instances'][number];
type Looked = { readonly kind: 'taken' } | Exclude<InstanceOutcome, { readonly kind: 'exhausted' }>;
type Account = { readonly resourceVersion: string; readonly entries: readonly Entry[] };

const maxConflicts = 5;

/** The instances of all issuers. `isOpen` tells whether the request `namespace/name` of that UID still waits. */
export class ExternalCAInstances {
  readonly #kubernetes: Pick<KubernetesClient, 'get' | 'applyStatus'>;
  readonly #fieldManager: string;
  readonly #isOpen: (request: string, uid: string) => boolean;

  constructor(
    kubernetes: Pick<KubernetesClient, 'get' | 'applyStatus'>,
    {
      fieldManager,
      isOpen,
    }: { readonly fieldManager: string; readonly isOpen: (request: string, uid: string) => boolean },
  ) {
    this.#kubernetes = kubernetes;
    this.#fieldManager = fieldManager;
    this.#isOpen = isOpen;
  }

  /** The instance for a request: the one that it was promised before, else a free one, promised to it from now on. */
  async prepare(claim: InstanceClaim): Promise<InstanceOutcome> {
    const configured = claim.session.spec.externalCA?.instanceIds ?? [];
    for (let attempt = 0; attempt <= maxConflicts + configured.length; attempt += 1) {
      const account = await this.#read(claim, configured);
      if ('message' in account) return { kind: 'unsettled', message: account.message };
      const choice = this.#choose(account.entries, configured, claim.request.object.uid);
      if (choice === undefined) return exhausted(claim);
      if (choice.entry?.requestUID !== claim.request.object.uid) {
        const failure = await this.#promise(claim, account, choice.instanceId, claim.request.object.uid);
        if (failure?.class === 'Conflict') continue;
        if (failure !== undefined) return { kind: 'unsettled', message: `the issuer's status: ${failure.message}` };
      }
      const looked = await this.#look(claim, choice.instanceId);
      if (looked.kind !== 'taken') return looked;
      await this.#markTaken(claim, configured, choice.instanceId);
    }
    return { kind: 'unsettled', message: "The issuer's status changes too fast to take an instance; tried again." };
  }

  #choose(
    entries: readonly Entry[],
    configured: readonly string[],
    uid: string,
  ): { readonly instanceId: string; readonly entry: Entry | undefined } | undefined {
    const own = entries.find(({ requestUID }) => requestUID === uid);
    if (own !== undefined) return { instanceId: own.instanceId, entry: own };
    const known = new Map(entries.map((entry) => [entry.instanceId, entry]));
    const free = configured.find((instanceId) => !known.has(instanceId));
    if (free !== undefined) return { instanceId: free, entry: undefined };
    // Promised to a request that is gone: free after all unless it was used, which is asked before it is.
    const abandoned = entries.find(
      ({ request, requestUID }) => requestUID !== '' && !this.#isOpen(request ?? '', requestUID),
    );
    return abandoned === undefined ? undefined : { instanceId: abandoned.instanceId, entry: abandoned };
  }

  /** What PCA says about the instance. */
  async #look({ session, spki, signal }: InstanceClaim, instanceId: string): Promise<Looked> {
    const outcome = await session.client.call(instanceStatusCall(instanceId), { signal });
    if (outcome.kind === 'failed') return { kind: 'failed', failure: outcome.failure };
    const status = readInstanceStatus(outcome.body, instanceId);
    switch (status.kind) {
      case 'malformed':
        return { kind: 'unsettled', message: status.message };
      case 'free':
        return { kind: 'use', instanceId };
      case 'lost':
        return { kind: 'taken' };
      case 'used':
        break;
    }
    if (status.identifier === undefined) return { kind: 'taken' };
    const described = await session.client.call(describeIssuingCACall(status.identifier), { signal });
    if (described.kind === 'failed') return { kind: 'failed', failure: described.failure };
    const reply = readExternalCA(described.body);
    if (reply.kind === 'malformed') return { kind: 'unsettled', message: reply.message };
    return reply.kind === 'issued' && !isFor(reply.certificate, spki) ? { kind: 'taken' } : { kind: 'found', reply };
  }

  async #read(
    { issuer, signal }: InstanceClaim,
    configured: readonly string[],
  ): Promise<Account | { readonly message: string }> {
    const result = await this.#kubernetes.get<Issuer>(issuerPath(issuer.kind, issuer), { signal });
    if (result.kind === 'failed') return { message: `The issuer could not be read: ${result.failure.message}.` };
    const entries = result.body.status?.externalCA?.instances ?? [];
    return {
      resourceVersion: result.body.metadata.resourceVersion,
      entries: entries.filter(({ instanceId }) => configured.includes(instanceId)),
    };
  }

  async #promise(
    { issuer, request, signal }: InstanceClaim,
    { resourceVersion, entries }: Account,
    instanceId: string,
    requestUID: string,
  ): Promise<KubernetesFailure | undefined> {
    const entry: Entry = {
      instanceId,
      requestUID,
      ...(requestUID === '' ? {} : { request: requestKey(request.object) }),
    };
    const instances = [...entries.filter((other) => other.instanceId !== instanceId), entry];
    const body = {
      apiVersion,
      kind: issuer.kind.kind,
      metadata: { resourceVersion },
      status: { externalCA: { instances } },
    };
    const result = await this.#kubernetes.applyStatus(issuerPath(issuer.kind, issuer), body, {
      fieldManager: this.#fieldManager,
      signal,
    });
    return result.kind === 'failed' ? result.failure : undefined;
  }

  /** Somebody else used the instance; what goes wrong here is met again on the next try. */
  async #markTaken(claim: InstanceClaim, configured: readonly string[], instanceId: string): Promise<void> {
    const account = await this.#read(claim, configured);
    if (!('message' in account)) await this.#promise(claim, account, instanceId, '');
  }
}

function exhausted({ session }: InstanceClaim): InstanceOutcome {
  const count = session.spec.externalCA?.instanceIds.length ?? 0;
  const message = `All ${count} instances in spec.externalCA.instanceIds of the issuer are used or promised to other requests (its status names them). Buy a further instance of an external subordinate CA and add its ID.`;
  return { kind: 'exhausted', message };
}

// The whole proof comes later; here it only has to be told whether the certificate is another request's.
function isFor(certificate: string, spki: Buffer): boolean {
  const read = readCertificates([certificate]);
  return read.kind === 'ok' && read.certificates.some(({ facts }) => facts.spki.equals(spki));
}
