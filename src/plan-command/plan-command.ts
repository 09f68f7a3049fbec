// `alibaba-pca-issuer plan`: files or what is in a cluster in, the calls they would lead to out. It writes nothing.
import { Reader } from '../cluster-reading/reader.ts';
import { tell } from '../command-line/telling.ts';
import type { Streams } from '../command-line/telling.ts';
import { describeIssuer, issuerKey } from '../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { visible } from '../issuing/x509/shown-text.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesConnection } from '../kubernetes/connection.ts';
import { userAgent } from '../runtime/version.ts';
import { systemClock } from '../timing/clock.ts';
import { readArguments } from './arguments.ts';
import type { PlanArguments } from './arguments.ts';
import { ThrowAwayKeys } from './certificate-request-of.ts';
import { readAll, readIssuersOf } from './input/cluster.ts';
import type { ClusterPart } from './input/cluster.ts';
import type { InputDocument } from './input/documents.ts';
import { documentsIn, ownFiles } from './input/files.ts';
import type { Files } from './input/files.ts';
import { isIssuer, madeUpIssuer, readIssuers } from './issuers.ts';
import type { PlanningIssuer, ReadIssuers } from './issuers.ts';
import { planManual } from './manual.ts';
import { reportOn, reportUnplannable } from './plan-report.ts';
import type { RequestReport } from './plan-report.ts';
import { render } from './rendering.ts';
import { readRequest } from './requests.ts';
import type { PlannableRequest, ReadRequest } from './requests.ts';

/** What the command needs of its surroundings. */
export interface Surroundings extends Files, Streams {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Connects with this kubeconfig, else as the pod; rejects, with the reason, when there is neither. */
  readonly connect: (kubeconfig: string, context: string) => Promise<KubernetesConnection>;
  /** Ends reading early. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** Files, environment, clock and streams of this process. */
export const thisProcess: Omit<Surroundings, 'connect' | 'signal'> = {
  ...ownFiles,
  environment: process.env,
  now: systemClock.now,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

const exitCode = { planned: 0, usage: 2, refused: 3 } as const;

/** Runs the command with the arguments after `plan`; the result is the exit code: 0, 2 or 3 as `plan --help` says. */
export async function runPlanCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err, environment } = surroundings;
  const read = readArguments(argv, environment);
  if (read.kind !== 'plan') return tell(read, planManual, surroundings);
  const { notes, faults, issuerFaults, reports } = await planOf(read.arguments, surroundings);
  for (const note of notes) err(`note: ${visible(note)}\n`);
  for (const fault of [...faults, ...issuerFaults]) err(`alibaba-pca-issuer plan: ${visible(fault)}\n`);

  if (reports.length > 0) out(render(reports, read.arguments.output));
  if (faults.length > 0) return exitCode.usage;
  const isRefused = issuerFaults.length > 0 || reports.some(({ outcome }) => outcome === 'refused');
  return isRefused ? exitCode.refused : exitCode.planned;
}

interface Plan {
  readonly notes: readonly string[];
  /** Wrong flags, and files or parts of the cluster that cannot be read. */
  readonly faults: readonly string[];
  /** Issuers that cannot be used; the requests for them are refused. */
  readonly issuerFaults: readonly string[];
  readonly reports: readonly RequestReport[];
}

async function planOf(flags: PlanArguments, surroundings: Surroundings): Promise<Plan> {
  const gathered = await gather(flags, surroundings);
  const { clusterUid, requests, notes } = gathered;
  const issuers = readIssuers(gathered.issuers, flags.namespace);
  const madeUp = madeUpIssuer(flags.operation);
  const flagFaults = [
    ...flagFaultsOf(flags, gathered.documents, issuers.issuers.size > 0),
    ...('fault' in madeUp ? [madeUp.fault] : []),
  ];
  const faults = [...gathered.faults, ...flagFaults];
  const nothing = { notes, issuerFaults: issuers.faults, reports: [] };
  if ('fault' in madeUp || flagFaults.length > 0) return { ...nothing, faults };
  if (requests.length === 0 && faults.length + issuers.faults.length === 0)
    return { ...nothing, faults: [none(flags)] };
  const context = { now: flags.now ?? surroundings.now(), flags: { ...flags, clusterUid } };
  const reports: RequestReport[] = [];
  for (const read of requests) {
    if (read.kind === 'faulty') {
      reports.push(reportUnplannable(read.place, read.faults));
      continue;
    }
    const issuer = issuerFor(read.request, issuers, { madeUp, flags });
    reports.push(
      'fault' in issuer
        ? reportUnplannable(read.request, [issuer.fault])
        : await reportOn(read.request, issuer, context),
    );
  }
  return { notes, faults, issuerFaults: issuers.faults, reports };
}

type Wanted = Exclude<ReadRequest, { readonly kind: 'skipped' }>;

interface Gathered {
  readonly documents: readonly InputDocument[];
  readonly issuers: Parameters<typeof readIssuers>[0];
  readonly requests: readonly Wanted[];
  readonly clusterUid: string | undefined;
  readonly notes: readonly string[];
  readonly faults: readonly string[];
}

/** All that there is to plan and to plan with. */
async function gather(flags: PlanArguments, surroundings: Surroundings): Promise<Gathered> {
  const files = await documentsIn(flags.files, surroundings);
  const fromFiles = await requestsIn(files.documents, flags);
  const ofFiles = issuersIn(files.documents);
  const cluster = await clusterPart(flags, surroundings, async (reader) => {
    if (flags.files.length === 0) return readAll(reader, flags.namespace);
    const present = readIssuers(ofFiles, flags.namespace);
    return readIssuersOf(reader, missingIssuers(fromFiles, present));
  });
  const fromCluster = await requestsIn(cluster.documents, flags);
  const read = [...fromFiles, ...fromCluster];
  return {
    documents: [...files.documents, ...cluster.documents],
    issuers: [...ofFiles, ...issuersIn(cluster.documents)],
    requests: read.filter((each): each is Wanted => each.kind !== 'skipped'),
    clusterUid: flags.clusterUid ?? cluster.clusterUid,
    notes: read.flatMap(({ notes }) => notes),
    faults: [...files.faults, ...cluster.faults],
  };
}

function issuersIn(documents: readonly InputDocument[]): Gathered['issuers'] {
  return documents.filter((document) => document.kind === 'object').filter(isIssuer);
}

async function requestsIn(documents: readonly InputDocument[], flags: PlanArguments): Promise<readonly ReadRequest[]> {
  const requests: ReadRequest[] = [];
  const keys = new ThrowAwayKeys();
  for (const document of documents) {
    if (document.kind === 'object' && isIssuer(document)) continue;
    requests.push(await readRequest(document, { ...flags, keys }));
  }
  return requests;
}

function missingIssuers(
  requests: readonly ReadRequest[],
  { issuers, unusable }: ReadIssuers,
): readonly IssuerIdentity[] {
  const wanted = new Map<string, IssuerIdentity>();
  for (const read of requests) {
    const issuer = read.kind === 'request' ? read.request.issuer : undefined;
    if (issuer !== undefined) wanted.set(issuerKey(issuer), issuer);
  }
  return [...wanted].filter(([key]) => !issuers.has(key) && !unusable.has(key)).map(([, issuer]) => issuer);
}

/** Nothing where no cluster is to be read. */
async function clusterPart(
  { cluster, files }: PlanArguments,
  { connect, signal }: Surroundings,
  read: (reader: Reader) => Promise<ClusterPart>,
): Promise<ClusterPart> {
  if (cluster === undefined) return { documents: [], faults: [], clusterUid: undefined };
  try {
    const connection = await connect(cluster.kubeconfig, cluster.context);
    const kubernetes = new KubernetesClient(connection, { userAgent });
    try {
      return await read(new Reader({ kubernetes, signal, clock: systemClock }));
    } finally {
      await kubernetes.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fault = files.length === 0 ? `No file is given with -f, and no cluster can be read. ${why}` : why;
    return { documents: [], faults: [fault], clusterUid: undefined };
  }
}

function none({ files, namespace }: PlanArguments): string {
  if (files.length === 0) {
    const where = namespace === undefined ? 'The cluster' : `Namespace ${namespace}`;
    return `${where} holds no request for an issuer of this operator. Give files with -f, or another cluster with --kubeconfig.`;
  }
  return 'The files hold no request to plan. Give a Certificate, a CertificateRequest, a CertificateSigningRequest or a CSR in PEM.';
}

/** Flags that would have no effect: their user expects one. */
function flagFaultsOf(
  { bare, operation }: PlanArguments,
  documents: readonly InputDocument[],
  hasIssuers: boolean,
): readonly string[] {
  const says = bare.duration !== undefined || bare.usages !== undefined || bare.isCA;
  return [
    ...(says && !documents.some(({ kind }) => kind === 'csr')
      ? [
          '--duration, --usages and --is-ca apply only to a CSR in PEM, and no file holds one. Change the document instead.',
        ]
      : []),
    ...(operation !== undefined && hasIssuers
      ? ["--operation applies only to plans without an issuer. Leave it out, or change the issuer's spec.operation."]
      : []),
  ];
}

function issuerFor(
  { issuer }: PlannableRequest,
  { issuers, unusable }: ReadIssuers,
  { madeUp, flags }: { readonly madeUp: PlanningIssuer; readonly flags: PlanArguments },
): PlanningIssuer | { readonly fault: string } {
  const [first, ...further] = issuers.values();
  if (issuer === undefined) {
    const [wrong] = unusable.values();
    if (wrong !== undefined) return { fault: `The issuer cannot be used. ${wrong}` };
    if (further.length === 0) return first ?? madeUp;
    return { fault: 'a CSR in PEM names no issuer, and several are given. Give only the one to plan with.' };
  }
  const fault = unusable.get(issuerKey(issuer));
  if (fault !== undefined) return { fault: `The issuer cannot be used. ${fault}` };
  if (first === undefined && unusable.size === 0 && flags.cluster === undefined) return madeUp;
  return issuers.get(issuerKey(issuer)) ?? { fault: absent(issuer, flags) };
}

function absent(issuer: IssuerIdentity, { files, cluster }: PlanArguments): string {
  const beginning = `the request is for ${describeIssuer(issuer)}, which`;
  if (files.length === 0) return `${beginning} does not exist. Create it, or correct the reference.`;
  return cluster === undefined
    ? `${beginning} is in none of the files. Add it with -f, correct the reference, or give no issuer at all.`
    : `${beginning} is neither in the files nor in the cluster. Add it with -f, or correct the reference.`;
}
