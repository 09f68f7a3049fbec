// The contract's cases against a real service: each is planned, called, compared with what was asked, and revoked.
import { endpointFor } from '../../src/alibaba/endpoint.ts';
import { compose } from '../../src/alibaba/call.ts';
import type { Call, PcaCall } from '../../src/alibaba/call.ts';
import { withAccessKey } from '../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../src/alibaba/transport.ts';
import { describeIssuingCACall, readIssuingCA } from '../../src/issuing/issuing-ca.ts';
import type { IssuingCA } from '../../src/issuing/issuing-ca.ts';
import { verifyIssued } from '../../src/issuing/issued-certificate.ts';
import type { IssueReply, StoredReply } from '../../src/issuing/operation.ts';
import { planIssuing } from '../../src/issuing/plan.ts';
import type { IssuePlan } from '../../src/issuing/plan.ts';
import { allRequests, describeRequest, operations, refusedParts } from '../../test/contract/requests.ts';
import type { Operation, RequestCase } from '../../test/contract/requests.ts';
import { makeCsr } from '../../test/support/certificates.ts';
import { clusterUid, issuerSpec, signingRequest } from '../../test/support/issuing.ts';
import type { LiveSettings } from './settings.ts';

const describeTries = 10;
const describePauseMs = 1_000;

/** Runs every needed case, one line each; the numbers are cases. */
export async function runLive(
  settings: LiveSettings,
  say: (line: string) => void,
): Promise<{ readonly passed: number; readonly failed: number }> {
  const { region, protocol, host } = settings;
  const endpoint = endpointFor({ region, protocol, ...(host === undefined ? {} : { host }) });
  const client = compose(
    pcaCall({ endpoint, transport: new HttpTransport(), timeoutMs: 30_000, userAgent: 'alibaba-pca-issuer/live' }),
    withAccessKey(settings),
  );
  const counts = { passed: 0, failed: 0 };
  for (const [family, identifier] of Object.entries(settings.parents)) {
    const ca = await describeCA(client, identifier);
    for (const operation of operations.filter((name) => settings.operations?.includes(name) ?? true)) {
      for (const request of coveringRequests(operation, family)) {
        const fault = await tryCase(client, { ca, operation, request });
        counts[fault === undefined ? 'passed' : 'failed'] += 1;
        say(`${fault === undefined ? 'ok    ' : 'FAILED'} ${operation}: ${describeRequest(request)}${fault ?? ''}`);
      }
    }
  }
  return counts;
}

/** Few requests that together hold every choice that the operation takes, since each costs a certificate. */
export function coveringRequests(operation: Operation, family: string): readonly RequestCase[] {
  const possible = allRequests().filter(
    (request) =>
      refusedParts(request, operation).length === 0 && request.key.kind.startsWith('RSA') === (family === 'RSA'),
  );
  const missing = new Set(possible.flatMap(choicesOf));
  const chosen: RequestCase[] = [];
  while (missing.size > 0) {
    const gain = (request: RequestCase): number => choicesOf(request).filter((choice) => missing.has(choice)).length;
    const best = possible.reduce((left, right) => (gain(right) > gain(left) ? right : left));
    chosen.push(best);
    for (const choice of choicesOf(best)) missing.delete(choice);
  }
  return chosen;
}

function choicesOf(request: RequestCase): readonly string[] {
  return Object.entries(request).map(([part, { label }]) => `${part}: ${label}`);
}

interface Case {
  readonly ca: IssuingCA;
  readonly operation: Operation;
  readonly request: RequestCase;
}

/** What is wrong, or undefined. */
async function tryCase(client: Call, { ca, operation, request }: Case): Promise<string | undefined> {
  const csr = await makeCsr(request.key.kind, { subject: request.subject.content, names: request.names.content });
  const now = new Date();
  const planned = planIssuing({
    request: signingRequest(csr, { uid: crypto.randomUUID(), duration: '24h', usages: request.usages.words }),
    spec: issuerSpec({ operation, parentIdentifier: ca.identifier }),
    ca,
    clusterUid,
    now,
  });
  if (planned.kind === 'refused') return `\n       refused before the call: ${planned.refusal.message}`;
  const { plan } = planned;
  const reply = await issueNow(client, plan);
  if (typeof reply === 'string') return `\n       ${reply}`;
  const verdict = verifyIssued({ plan, reply, ca, trust: 'Root', now });
  if (reply.identifier !== undefined) await ask(client, plan.operation.store.revoke(reply.identifier));
  return verdict.kind === 'verified' ? undefined : `\n       ${verdict.reason}: ${verdict.message}`;
}

async function issueNow(
  client: Call,
  { call, operation }: IssuePlan,
): Promise<(IssueReply & { readonly kind: 'issued' }) | string> {
  const outcome = await ask(client, call);
  if (typeof outcome === 'string') return outcome;
  let reply: StoredReply = operation.read(outcome.body);
  for (let tries = 0; reply.kind === 'pending' && tries < describeTries; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, describePauseMs));
    const described = await ask(client, operation.store.describe(reply.identifier));
    if (typeof described === 'string') return described;
    reply = operation.store.read(described.body);
  }
  return reply.kind === 'issued' ? reply : `no certificate: ${reply.kind}`;
}

async function ask(client: Call, call: PcaCall): Promise<{ readonly body: unknown } | string> {
  const outcome = await client(call, { signal: new AbortController().signal });
  return outcome.kind === 'ok' ? outcome : outcome.failure.message;
}

async function describeCA(client: Call, identifier: string): Promise<IssuingCA> {
  const outcome = await ask(client, describeIssuingCACall(identifier));
  if (typeof outcome === 'string') throw new Error(outcome);
  const read = readIssuingCA(outcome.body);
  if (read.kind === 'malformed') throw new Error(read.message);
  return read.ca;
}
