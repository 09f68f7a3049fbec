// `alibaba-pca-issuer plan`: files in, the calls they would lead to out. Touches neither cluster nor cloud.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describeIssuer, issuerKey } from '../crds/issuer-ref.ts';
import { systemClock } from '../timing/clock.ts';
import { planHelp, readArguments } from './arguments.ts';
import type { PlanArguments } from './arguments.ts';
import { ThrowAwayKeys } from './certificate-request-of.ts';
import { readDocuments } from './documents.ts';
import type { InputDocument } from './documents.ts';
import { isIssuer, madeUpIssuer, readIssuers } from './issuers.ts';
import type { PlanningIssuer, ReadIssuers } from './issuers.ts';
import { reportOn } from './plan-report.ts';
import type { RequestReport } from './plan-report.ts';
import { visible } from '../issuing/x509/shown-text.ts';
import { render } from './rendering.ts';
import { readRequest } from './requests.ts';
import type { PlannableRequest } from './requests.ts';

/** Input and output of the command. `files` and `read` reject when a file cannot be read; `-` is standard input. */
export interface Surroundings {
  /** The manifests in a folder, in the order of their names; a file is itself. */
  readonly files: (name: string) => Promise<readonly string[]>;
  readonly read: (file: string) => Promise<Buffer>;
  readonly now: () => Date;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Files, clock and streams of this process. */
export const thisProcess: Surroundings = {
  files: manifestsIn,
  read: async (file) => (file === '-' ? buffer(process.stdin) : readFile(file)),
  now: systemClock.now,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/** Not those in folders below it; as kubectl reads a folder. */
async function manifestsIn(name: string): Promise<readonly string[]> {
  if (name === '-' || !(await stat(name)).isDirectory()) return [name];
  const found = (await readdir(name)).filter((entry) => /\.(?:ya?ml|json)$/.test(entry)).toSorted();
  if (found.length === 0) throw new Error('a folder without .yaml, .yml or .json');
  return found.map((entry) => join(name, entry));
}

const exitCode = { planned: 0, usage: 2, refused: 3 } as const;

interface Findings {
  readonly notes: string[];
  /** What keeps anything from being planned: flags and files. */
  readonly faults: string[];
  /** What keeps single requests from being planned. */
  readonly unplannable: string[];
}

/** Runs the command with the arguments after `plan`; the result is the exit code: 0, 2 or 3 as `plan --help` says. */
export async function runPlanCommand(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const read = readArguments(argv);
  switch (read.kind) {
    case 'help':
      surroundings.out(planHelp());
      return exitCode.planned;
    case 'invalid':
      surroundings.err(`alibaba-pca-issuer plan: ${visible(read.message)}\n`);
      return exitCode.usage;
    case 'plan':
      break;
  }
  const flags = read.arguments;
  const findings: Findings = { notes: [], faults: [], unplannable: [] };
  const reports = await reportsOn(flags, surroundings, findings);
  for (const note of findings.notes) surroundings.err(`note: ${visible(note)}\n`);
  for (const fault of [...findings.faults, ...findings.unplannable])
    surroundings.err(`alibaba-pca-issuer plan: ${visible(fault)}\n`);

  if (findings.faults.length > 0) return exitCode.usage;
  if (reports.length > 0) surroundings.out(render(reports, flags.output));
  if (findings.unplannable.length > 0) return exitCode.usage;
  return reports.every(({ outcome }) => outcome === 'planned') ? exitCode.planned : exitCode.refused;
}

async function reportsOn(
  flags: PlanArguments,
  surroundings: Surroundings,
  findings: Findings,
): Promise<readonly RequestReport[]> {
  const documents = await documentsOf(flags.files, surroundings, findings);
  const objects = documents.filter((document) => document.kind === 'object');
  const issuers = readIssuers(objects.filter(isIssuer), flags.namespace);
  findings.unplannable.push(...issuers.faults);
  const others = documents.filter((document) => document.kind === 'csr' || !isIssuer(document));
  const requests = await requestsOf(others, flags, findings);
  checkFlags(flags, { documents, given: issuers.issuers.size > 0 }, findings);
  const madeUp = madeUpIssuer(flags.operation);
  if ('fault' in madeUp) findings.faults.push(madeUp.fault);
  if (requests.length === 0 && findings.faults.length + findings.unplannable.length === 0) {
    findings.faults.push(
      'The files hold no request to plan. Give a Certificate, a CertificateRequest, a CertificateSigningRequest or a CSR in PEM.',
    );
  }
  if ('fault' in madeUp || findings.faults.length > 0) return [];
  const now = flags.now ?? surroundings.now();
  const reports: RequestReport[] = [];
  for (const request of requests) {
    const issuer = issuerFor(request, issuers, madeUp);
    if (issuer === undefined) continue;
    const reported = 'fault' in issuer ? issuer : await reportOn(request, issuer, { now, flags });
    if ('report' in reported) reports.push(reported.report);
    else findings.unplannable.push(`${request.source}: ${reported.fault}`);
  }
  return reports;
}

async function documentsOf(
  files: readonly string[],
  surroundings: Surroundings,
  { faults }: Findings,
): Promise<readonly InputDocument[]> {
  const documents: InputDocument[] = [];
  for (const given of files) {
    const name = given === '-' ? 'standard input' : given;
    try {
      for (const file of await surroundings.files(given)) {
        const contents = readDocuments(given === '-' ? name : file, await surroundings.read(file));
        documents.push(...contents.documents);
        faults.push(...contents.faults);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      faults.push(`${name} cannot be read (${why}). Check its name and permissions.`);
    }
  }
  return documents;
}

async function requestsOf(
  documents: readonly InputDocument[],
  flags: PlanArguments,
  findings: Findings,
): Promise<readonly PlannableRequest[]> {
  const requests: PlannableRequest[] = [];
  const keys = new ThrowAwayKeys();
  for (const document of documents) {
    const read = await readRequest(document, { ...flags, keys });
    findings.notes.push(...read.notes);
    if (read.kind === 'request') requests.push(read.request);
    if (read.kind === 'faulty') findings.unplannable.push(...read.faults);
  }
  return requests;
}

/** Refuses flags that would have no effect: their user expects one. */
function checkFlags(
  { bare, operation }: PlanArguments,
  { documents, given }: { readonly documents: readonly InputDocument[]; readonly given: boolean },
  { faults }: Findings,
): void {
  const says = bare.duration !== undefined || bare.usages !== undefined || bare.isCA;
  if (says && !documents.some(({ kind }) => kind === 'csr')) {
    faults.push(
      '--duration, --usages and --is-ca apply only to a CSR in PEM, and no file holds one. Change the document instead.',
    );
  }
  if (operation !== undefined && given) {
    faults.push(
      "--operation applies only to plans without an issuer. Leave it out, or change the issuer's spec.operation.",
    );
  }
}

/** Undefined where the request's issuer is among the files and cannot be used, which is told already. */
function issuerFor(
  { issuer }: PlannableRequest,
  { issuers, unusable }: ReadIssuers,
  madeUp: PlanningIssuer,
): PlanningIssuer | { readonly fault: string } | undefined {
  const [first, ...further] = issuers.values();
  if (issuer === undefined) {
    if (unusable.size > 0) return undefined;
    if (further.length === 0) return first ?? madeUp;
    return { fault: 'a CSR in PEM names no issuer, and several are given. Give only the one to plan with.' };
  }
  if (unusable.has(issuerKey(issuer))) return undefined;
  if (first === undefined && unusable.size === 0) return madeUp;
  const fault = `the request is for ${describeIssuer(issuer)}, which is in none of the files. Add it with -f, correct the reference, or give no issuer at all.`;
  return issuers.get(issuerKey(issuer)) ?? { fault };
}
