// Any other external issuer as a contestant: a command of the user's, told of the cluster by KUBECONFIG.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Contestant, Running } from './contestant.ts';

/** How the user describes it. */
export interface PeerSettings {
  /** Run by a shell, in whose place it must come to stand: a program with its arguments. */
  readonly command: string;
  /** `GROUP/KIND/NAME` of what its requests name. */
  readonly issuer: string;
}

/** Reads `GROUP/KIND/NAME`; undefined when it is not that. */
export function readIssuer(text: string): Contestant['issuerRefs']['ECDSA'] | undefined {
  const [group = '', kind = '', name = '', ...rest] = text.split('/');
  return group === '' || kind === '' || name === '' || rest.length > 0 ? undefined : { group, kind, name };
}

/** A contestant that runs this command as the cluster's administrator. */
export function peerContestant({ command, issuer }: PeerSettings): Contestant {
  const issuerRef = readIssuer(issuer);
  if (issuerRef === undefined) throw new Error(`"${issuer}" is not GROUP/KIND/NAME.`);
  return {
    name: 'peer',
    description: `${command.split(' ')[0]?.split('/').at(-1) ?? command}, whose requests name ${issuer}`,
    issuerRefs: { ECDSA: issuerRef, RSA: issuerRef },
    isOwn: false,
    start: async ({ kubeconfig, directory }): Promise<Running> => {
      const log = openSync(join(directory, 'peer.log'), 'a');
      const startedAt = performance.now();
      const child = spawn('sh', ['-c', `exec ${command}`], {
        env: { ...process.env, KUBECONFIG: kubeconfig },
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      const ended = once(child, 'exit');
      const killAtEnd = (): void => void child.kill('SIGKILL');
      process.once('exit', killAtEnd);
      return {
        pid: child.pid ?? 0,
        readyMs: undefined,
        startedAt,
        pause: () => void child.kill('SIGSTOP'),
        resume: () => void child.kill('SIGCONT'),
        kill: async () => {
          child.kill('SIGKILL');
          await ended;
          process.off('exit', killAtEnd);
        },
      };
    },
  };
}
