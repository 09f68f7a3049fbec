// Whoever is measured: an issuer that can be started as a process, paused and ended.
import type { IssuerReference } from '../../../src/crds/cert-manager.ts';
import type { WhereItRuns } from '../stage/where.ts';

/** How a contestant is started for one case. */
export interface StartSettings {
  /** Flags of our own operator, after those that every case sets. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** From a kubeconfig although it could run as in a pod. */
  readonly withKubeconfig?: boolean;
}

/** A contestant's process. */
export interface Running {
  readonly pid: number;
  /** Milliseconds from the start of the process until it said that it is ready; undefined where it cannot say. */
  readonly readyMs: number | undefined;
  /** performance.now() when the process was started. */
  readonly startedAt: number;
  /** SIGSTOP. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** One issuer under measurement. */
export interface Contestant {
  readonly name: string;
  /** What it is, in a line of the page. */
  readonly description: string;
  /** What its requests carry, by the kind of their keys. */
  readonly issuerRefs: Readonly<Record<'ECDSA' | 'RSA', Required<IssuerReference>>>;
  /** It is our operator, so it knows our flags and calls the simulator. */
  readonly isOwn: boolean;
  /** Starts the process; a contestant that can say so is ready then. */
  start(where: WhereItRuns, settings?: StartSettings): Promise<Running>;
}
