// `alibaba-pca-issuer apply`: creates or changes issuers, for the Job by which the chart brings the issuers of its values
// into a cluster that does not serve their kinds yet. Waits for the API server to serve and to allow it.
import { describeIssuer } from '../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { apiVersion, issuerKind, issuerPath } from '../crds/issuer.ts';
import { patchTypes } from '../kubernetes/client.ts';
import type { KubernetesClient, KubernetesFailureClass } from '../kubernetes/client.ts';
import { backoff } from '../timing/backoff.ts';
import { pause } from '../timing/clock.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import type { Deadline } from '../timing/deadline.ts';

/** What the command needs of its surroundings. */
export interface ApplySurroundings {
  /** The client of the cluster; closed by whoever made it. */
  readonly kubernetes: Pick<KubernetesClient, 'patch'>;
  readonly clock: Clock;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

interface IssuerManifest {
  readonly identity: IssuerIdentity;
  readonly manifest: object;
}

const exitCode = { applied: 0, failed: 1, usage: 2 } as const;
// Under the Job's activeDeadlineSeconds and Helm's --timeout of 5 minutes, so that the reason is the last line of the log.
const longestMs = 180_000;
const retryBackoff = { baseMs: 500, maxMs: 5_000 } as const;
// The same in each run: what an earlier run set, and the next manifest lacks, is taken away.
const fieldManager = 'alibaba-pca-issuer-chart';
// Rights were created a moment ago, and kinds may not be served yet; only these cannot pass.
const lasting: ReadonlySet<KubernetesFailureClass> = new Set(['Invalid', 'Defect', 'Cancelled']);

/**
 * Applies issuers, given as JSON manifests, one after the other; what fails is tried again for three minutes in all.
 * The result is the exit code: 0 if all are applied, 1 if not, 2 if an argument is no issuer.
 */
export async function runApplyCommand(argv: readonly string[], surroundings: ApplySurroundings): Promise<number> {
  const issuers = argv.map(readIssuer);
  if (issuers.length === 0 || issuers.includes(undefined)) {
    surroundings.err(`alibaba-pca-issuer apply: every argument must be the JSON of an issuer of ${apiVersion}.\n`);
    return exitCode.usage;
  }
  using deadline = startDeadline(longestMs, undefined, surroundings.clock);
  for (const issuer of issuers.filter((read) => read !== undefined)) {
    const fault = await applyIssuer(issuer, deadline, surroundings);
    if (fault !== undefined) {
      surroundings.err(`${describeIssuer(issuer.identity)} could not be applied: ${fault}\n`);
      return exitCode.failed;
    }
    surroundings.out(`${describeIssuer(issuer.identity)} is applied.\n`);
  }
  return exitCode.applied;
}

/** Applies one issuer; a fault is the API server's last answer. */
async function applyIssuer(
  { identity, manifest }: IssuerManifest,
  deadline: Deadline,
  { kubernetes, clock, out }: ApplySurroundings,
): Promise<string | undefined> {
  let last: string | undefined;
  for (let failures = 0; ; failures += 1) {
    const result = await kubernetes.patch(issuerPath(identity.kind, identity), manifest, patchTypes.apply, {
      query: { fieldManager, force: 'true' },
      signal: deadline.signal,
    });
    if (result.kind === 'ok') return undefined;
    const { failure } = result;
    // What the time limit cut off says nothing that the answer before it did not say better.
    if (deadline.state() !== 'running') return last ?? failure.message;
    if (lasting.has(failure.class)) return failure.message;
    if (failure.message !== last) out(`${describeIssuer(identity)} is tried again: ${failure.message}\n`);
    last = failure.message;
    const pauseMs = failure.retryAfterMs ?? backoff(failures, retryBackoff, clock);
    await pause(Math.min(pauseMs, Math.max(0, deadline.remainingMs())), deadline.signal, clock);
    if (deadline.state() !== 'running') return last;
  }
}

function readIssuer(text: string): IssuerManifest | undefined {
  const manifest = readObject(text);
  const metadata = objectOf(manifest?.['metadata']);
  const kind = issuerKind(textOf(manifest?.['kind']));
  const name = textOf(metadata['name']);
  const namespace = textOf(metadata['namespace']);
  if (manifest?.['apiVersion'] !== apiVersion || kind === undefined || name === undefined) return undefined;
  if ((kind.scope === 'Namespaced') !== (namespace !== undefined)) return undefined;
  return { identity: { kind, namespace, name }, manifest };
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
