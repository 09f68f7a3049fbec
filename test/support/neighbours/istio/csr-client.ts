// istiod's code for certificates of Kubernetes signers, as a process that asks for a number of certificates.
import { execFile } from 'node:child_process';

import { neighbourProgram } from '../program.ts';
import { istioCsrClientProgram } from './programs.ts';

/** What the client asks for. */
export interface CsrOrder {
  /** Of the ServiceAccount that asks. */
  readonly kubeconfig: string;
  readonly signer: string;
  /** URI or DNS name of the certificates. */
  readonly host: string;
  /** 1 when not given. */
  readonly count?: number;
  /** 1 when not given. */
  readonly concurrency?: number;
  /** P-256 keys instead of RSA 2048. */
  readonly ecdsa?: boolean;
  /** Requests per second to the API server; istiod's own 80 when not given. */
  readonly qps?: number;
}

/** One certificate, in the order in which they ended. */
export interface CsrOutcome {
  /** The X.509 request, PEM. */
  readonly request: string;
  /** PEM, leaf first; undefined when istiod would have got none. */
  readonly chain?: string;
  readonly error?: string;
  /** Milliseconds since the client began. */
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Runs the client to its end, or until the signal, and answers what came of each certificate. */
export async function askAsIstiod(order: CsrOrder, signal?: AbortSignal): Promise<readonly CsrOutcome[]> {
  const program = await neighbourProgram(istioCsrClientProgram);
  const { qps = 80 } = order;
  const args = [
    `--kubeconfig=${order.kubeconfig}`,
    `--signer=${order.signer}`,
    `--host=${order.host}`,
    `--count=${order.count ?? 1}`,
    `--concurrency=${order.concurrency ?? 1}`,
    `--ecdsa=${order.ecdsa ?? false}`,
    `--qps=${qps}`,
    `--burst=${2 * qps}`,
  ];
  const text = await new Promise<string>((resolve, reject) => {
    const options = { maxBuffer: 64 * 1024 * 1024, ...(signal === undefined ? {} : { signal }) };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null || signal?.aborted === true) resolve(stdout);
      else reject(new Error(`The CSR client ended: ${stderr.trim()}`, { cause: error }));
    });
  });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CsrOutcome);
}
