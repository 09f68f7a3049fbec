// `alibaba-pca-issuer migrate`: from alibabacloud-privateca-issuer to this operator and back, without certificates issued anew.
import { Reader } from '../cluster-reading/reader.ts';
import { readCommandLine } from '../command-line/reading.ts';
import { tell, thrownFault } from '../command-line/telling.ts';
import type { Streams } from '../command-line/telling.ts';
import type { Values } from '../command-line/flags.ts';
import { describeIssuer, issuerKey, referencedIssuer } from '../crds/issuer-ref.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesConnection } from '../kubernetes/connection.ts';
import { userAgent } from '../runtime/version.ts';
import type { Clock } from '../timing/clock.ts';
import { judgeMigration, judgeUndoing } from './judging.ts';
import { look } from './looking.ts';
import { migrateManual } from './manual.ts';
import { createIssuer, deleteIssuer, moveCertificate, untilIssuerReady } from './moving.ts';
import type { MovingParts } from './moving.ts';
import { certificateText, issuerText, renderSteps, summary } from './rendering.ts';
import type { CertificateStep, IssuerStep, Steps } from './steps.ts';

/** What the command needs of its surroundings. */
export interface MigrateSurroundings extends Streams {
  /** Connects with this kubeconfig, else as the pod; rejects, with the reason, when there is neither. */
  readonly connect: (kubeconfig: string, context: string) => Promise<KubernetesConnection>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Ends it between two objects. */
  readonly signal: AbortSignal;
}

const exitCode = { done: 0, usage: 2, stopped: 3 } as const;

type Asked = Values<typeof migrateManual.flags>;

/** Runs the command with the arguments after `migrate`; the result is the exit code: 0, 2 or 3 as `migrate --help` says. */
export async function runMigrateCommand(argv: readonly string[], surroundings: MigrateSurroundings): Promise<number> {
  const read = readCommandLine(migrateManual, argv);
  if (read.kind !== 'run') return tell(read, migrateManual, surroundings);
  try {
    return await migrate(read.values, surroundings);
  } catch (thrown) {
    return tell(thrownFault(thrown), migrateManual, surroundings);
  }
}

async function migrate(asked: Asked, surroundings: MigrateSurroundings): Promise<number> {
  const { connect, environment, clock, signal, out } = surroundings;
  const kubeconfig = asked.kubeconfig ?? environment['PCA_ISSUER_KUBECONFIG'] ?? '';
  const kubernetes = new KubernetesClient(await connect(kubeconfig, asked.context ?? ''), { clock, userAgent });
  try {
    const reader = new Reader({ kubernetes, signal, clock });
    const facts = await look(reader, asked);
    const planned = asked.undo ? judgeUndoing(facts) : judgeMigration(facts);
    const tell = asked.output === 'table' && asked.apply ? out : () => undefined;
    const steps = asked.apply
      ? await take(planned, { kubernetes, clock, signal, timeoutMs: asked.timeout }, { undo: asked.undo, tell })
      : planned;
    const rendered = { ...steps, applied: asked.apply };
    // What was told while it was done is not told again.
    out(asked.output === 'table' && asked.apply ? `${summary(rendered)}\n` : renderSteps(rendered, asked.output));
    const isStopped = [...steps.issuers, ...steps.certificates].some(
      ({ state }) => state !== 'done' && state !== 'planned',
    );
    return isStopped ? exitCode.stopped : exitCode.done;
  } finally {
    await kubernetes.close();
  }
}

const interrupted = 'It was interrupted before this. Run it again.';

interface Telling {
  readonly undo: boolean;
  readonly tell: (text: string) => void;
}

/** Takes the steps, one after the other, and tells of each when it is taken. */
async function take({ issuers, certificates }: Steps, parts: MovingParts, { undo, tell }: Telling): Promise<Steps> {
  const made: IssuerStep[] = [];
  if (!undo) for (const step of issuers) made.push(told(await takeIssuer(step, parts), issuerText, tell));
  const moved: CertificateStep[] = [];
  for (const step of certificates) moved.push(told(await takeCertificate(step, made, parts), certificateText, tell));
  if (undo) for (const step of issuers) made.push(told(await removeIssuer(step, moved, parts), issuerText, tell));
  return { issuers: made, certificates: moved };
}

function told<Step>(step: Step, text: (step: Step) => string, tell: (text: string) => void): Step {
  tell(`${text(step)}\n`);
  return step;
}

async function takeIssuer(step: IssuerStep, parts: MovingParts): Promise<IssuerStep> {
  if (step.state === 'refused') return step;
  if (parts.signal.aborted) return { ...step, state: 'failed', why: interrupted };
  const why = step.action === 'create' ? await createIssuer(step, parts) : undefined;
  if (why !== undefined) return { ...step, state: 'failed', why };
  const wait = await untilIssuerReady(step, parts);
  return wait === undefined
    ? { ...step, state: 'done' }
    : { ...step, state: 'failed', why: `It is not ready. ${wait}` };
}

async function takeCertificate(
  step: CertificateStep,
  issuers: readonly IssuerStep[],
  parts: MovingParts,
): Promise<CertificateStep> {
  if (step.state === 'refused') return step;
  if (parts.signal.aborted) return { ...step, state: 'failed', why: interrupted };
  const target = step.to && referencedIssuer(step.to, step.certificate.namespace);
  const issuer = issuers.find((each) => target !== undefined && issuerKey(each.issuer) === issuerKey(target));
  if (issuer !== undefined && issuer.state !== 'done') {
    return {
      ...step,
      state: 'refused',
      why: `${describeIssuer(issuer.issuer)} is not ready. Mend it, and run this again.`,
    };
  }
  const why = await moveCertificate(step, parts);
  return why === undefined ? { ...step, state: 'done' } : { ...step, state: 'failed', why };
}

async function removeIssuer(
  step: IssuerStep,
  moved: readonly CertificateStep[],
  parts: MovingParts,
): Promise<IssuerStep> {
  if (step.state === 'refused') return step;
  if (parts.signal.aborted) return { ...step, state: 'failed', why: interrupted };
  const left = moved.find(({ certificate, state }) => {
    const identity = referencedIssuer(certificate.issuerRef, certificate.namespace);
    return state !== 'done' && identity !== undefined && issuerKey(identity) === issuerKey(step.issuer);
  });
  if (left !== undefined) {
    const { namespace, name } = left.certificate;
    return { ...step, state: 'refused', why: `Certificate ${namespace}/${name} still refers to it.` };
  }
  const why = await deleteIssuer(step, parts);
  return why === undefined ? { ...step, state: 'done' } : { ...step, state: 'failed', why };
}
