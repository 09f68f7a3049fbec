// `alibaba-pca-issuer doctor`: looks at everything that certificates from PCA depend on, and says what to mend. It changes
// nothing, and reads Secrets only as the operator's own pod or where that is asked for.
import { tell, thrownFault } from '../command-line/telling.ts';
import type { Streams } from '../command-line/telling.ts';
import {
  certificateNameAnnotation,
  certificateRequestPath,
  certManagerPath,
  owningCertificateName,
} from '../crds/cert-manager.ts';
import type { CertificateRequest } from '../crds/cert-manager.ts';
import { signerReference, signingRequestPath } from '../crds/certificate-signing-request.ts';
import type { CertificateSigningRequest } from '../crds/certificate-signing-request.ts';
import { referencedIssuer } from '../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesConnection } from '../kubernetes/connection.ts';
import { ClockOffset } from '../kubernetes/clock-offset.ts';
import { productVersion, userAgent } from '../runtime/version.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import { readArguments } from './arguments.ts';
import type { DoctorArguments } from './arguments.ts';
import type { Facts, Place } from './facts.ts';
import type { Finding } from './finding.ts';
import { everyIssuer } from './judging/issuers.ts';
import { judge, leftOut } from './judging/judge.ts';
import { certificateRequestLines, signingRequestLines } from './judging/request-lines.ts';
import type { RequestLines } from './judging/request-lines.ts';
import { look } from './looking/look.ts';
import type { LookParts } from './looking/look.ts';
import { Reader } from '../cluster-reading/reader.ts';
import { doctorManual } from './manual.ts';
import { renderDiagnosis, renderRequest } from './rendering.ts';
import type { Seen } from '../cluster-reading/seen.ts';

/** What the command needs of its surroundings. */
export interface DoctorSurroundings extends Streams {
  /** Connects with this kubeconfig, else as the pod; rejects, with the reason, when there is neither. */
  readonly connect: (kubeconfig: string, context: string) => Promise<KubernetesConnection>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Ends everything early. */
  readonly signal: AbortSignal;
}

const exitCode = { well: 0, blind: 2, ill: 3 } as const;
const connections = 8;

/** Runs the command with the arguments after `doctor`; the result is the exit code: 0, 2 or 3 as `doctor --help` says. */
export async function runDoctorCommand(argv: readonly string[], surroundings: DoctorSurroundings): Promise<number> {
  const read = readArguments(argv, surroundings.environment);
  if (read.kind !== 'doctor') return tell(read, doctorManual, surroundings);
  try {
    return await examine(read.arguments, surroundings);
  } catch (thrown) {
    return tell(thrownFault(thrown), doctorManual, surroundings);
  }
}

async function examine(asked: DoctorArguments, surroundings: DoctorSurroundings): Promise<number> {
  const { connect, clock, environment, signal } = surroundings;
  using deadline = startDeadline(asked.timeoutMs, signal, clock);
  const connection = await connect(asked.kubeconfig ?? '', asked.context ?? '');
  let offset: number | undefined;
  const server = new ClockOffset({ clock, onOffset: (seconds) => (offset = seconds), onWarning: () => undefined });
  const kubernetes = new KubernetesClient(connection, {
    clock,
    userAgent,
    connections,
    onServerDate: (header) => server.take(header),
  });
  try {
    const reader = new Reader({ kubernetes, signal: deadline.signal, clock });
    const parts = { reader, kubernetes, environment, clockOffset: () => offset, clock, signal: deadline.signal };
    // What every later read would say as well.
    const first = await reader.get('/version');
    if (first.kind !== 'seen')
      throw new Error(`The API server ${connection.server} cannot be asked: ${reasonOf(first)}`);
    return await (asked.request === undefined
      ? diagnose(asked, parts, surroundings)
      : explain(asked, parts, surroundings));
  } finally {
    await kubernetes.close();
  }
}

async function diagnose(asked: DoctorArguments, parts: LookParts, { out }: DoctorSurroundings): Promise<number> {
  const { facts, findings } = await lookAndJudge(asked, parts, asked.issuer);
  const { place } = facts;
  out(renderDiagnosis({ place, version: productVersion, findings, notLookedAt: leftOut(facts) }, asked.output));
  if (findings.some(({ level }) => level === 'error')) return exitCode.ill;
  return findings.some(({ level }) => level === 'unknown') ? exitCode.blind : exitCode.well;
}

async function explain(asked: DoctorArguments, parts: LookParts, { out }: DoctorSurroundings): Promise<number> {
  const { namespace, name = '' } = asked.request ?? {};
  const lines =
    namespace === undefined
      ? await signingLines(name, asked, parts)
      : await certificateLines({ namespace, name }, asked, parts);
  out(renderRequest(lines, asked.output));
  return lines.isReady ? exitCode.well : exitCode.ill;
}

async function certificateLines(
  named: { readonly namespace: string; readonly name: string },
  asked: DoctorArguments,
  parts: LookParts,
): Promise<RequestLines> {
  const own = await parts.reader.get<CertificateRequest>(certificateRequestPath(named));
  const request =
    own.kind === 'absent' ? await latestOf(named, parts.reader) : valueOrThrow(own, 'The CertificateRequest');
  const issuer = referencedIssuer(request.spec.issuerRef, named.namespace);
  const { facts, findings } = await lookAndJudge(asked, parts, issuer);
  return certificateRequestLines(request, { issuers: everyIssuer(facts.issuers), around: findings });
}

/** The latest request for the Certificate of this name. */
async function latestOf(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  reader: Reader,
): Promise<CertificateRequest> {
  const path = certManagerPath('certificaterequests', namespace);
  const { items } = valueOrThrow(await reader.list<CertificateRequest>(path), 'The CertificateRequests');
  const [latest] = items
    .filter(
      (request) =>
        owningCertificateName(request) === name || request.metadata.annotations?.[certificateNameAnnotation] === name,
    )
    .toSorted((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
  if (latest === undefined) {
    throw new Error(
      `Namespace ${namespace} has no CertificateRequest "${name}", and none for a Certificate of that name. A Certificate without a request is cert-manager's to explain: kubectl describe certificate ${name} -n ${namespace}.`,
    );
  }
  return latest;
}

async function signingLines(name: string, asked: DoctorArguments, parts: LookParts): Promise<RequestLines> {
  const request = valueOrThrow(
    await parts.reader.get<CertificateSigningRequest>(signingRequestPath(name)),
    `The CertificateSigningRequest ${name}`,
  );
  const { facts, findings } = await lookAndJudge(asked, parts, signerReference(request.spec.signerName));
  return signingRequestLines(request, { issuers: everyIssuer(facts.issuers), around: findings });
}

async function lookAndJudge(
  asked: DoctorArguments,
  parts: LookParts,
  issuer: IssuerIdentity | undefined,
): Promise<{ readonly facts: Facts; readonly findings: readonly Finding[] }> {
  const place: Place = asked.kubeconfig === undefined ? 'pod' : 'elsewhere';
  const facts = await look(
    { ...asked, issuer, place, withCredentials: asked.withCredentials || place === 'pod' },
    parts,
  );
  return { facts, findings: judge(facts, issuer) };
}

function valueOrThrow<T>(look: Seen<T>, what: string): T {
  if (look.kind === 'seen') return look.value;
  throw new Error(`${what} could not be read: ${reasonOf(look)}`);
}

function reasonOf(look: Exclude<Seen<unknown>, { readonly kind: 'seen' }>): string {
  switch (look.kind) {
    case 'absent':
      return 'it does not exist.';
    case 'hidden':
      return `the right to ${look.right} is missing.`;
    case 'unanswered':
      return look.why;
  }
}
