// Our operator as a contestant: the bundle of this tree or of another commit, run as its image runs it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiGroup } from '../../../src/crds/issuer.ts';
import { startOperator } from '../../../test/support/operator-process.ts';
import { NotYet, until } from '../../../test/support/wait.ts';
import { issuerNames } from '../stage/where.ts';
import type { WhereItRuns } from '../stage/where.ts';
import type { Contestant, Running, StartSettings } from './contestant.ts';
import { imageSettings } from './image-settings.ts';

/** A tree of sources with a bundle in its dist/. */
export interface BuiltTree {
  readonly name: string;
  readonly description: string;
  /** Root of the tree. */
  readonly directory: string;
  /** Another bundle than that in its dist/. */
  readonly bundle?: string;
}

// A stopped process would lose the Lease.
const everyCase = ['--leader-elect=false', '--log-level=warn'];
// Tens of thousands of finished requests take the API server a while to list.
const startDeadlineMs = 300_000;
// A mount of its own hides the machine's folder, in which a pod has its token.
const asPod =
  'mount -t tmpfs none /var/run && mkdir -p /var/run/secrets/kubernetes.io && ln -s "$1" /var/run/secrets/kubernetes.io/serviceaccount && shift && exec "$@"';

/** Our operator from a tree that is built; `furtherFlags` come after those of each case. */
export function ownContestant(
  { name, description, directory, bundle = join(directory, 'dist/main.js') }: BuiltTree,
  furtherFlags: readonly string[],
): Contestant {
  const image = imageSettings(readFileSync(join(directory, 'Dockerfile'), 'utf8'));
  const help = execFileSync(process.execPath, [bundle, '--help'], { encoding: 'utf8' });
  // An older one does not know every flag.
  const isKnown = (flag: string): boolean => help.includes(`  ${flag.split('=')[0]} `);
  const command = [process.execPath, ...image.nodeFlags, bundle];
  return {
    name,
    description,
    issuerRefs: { ECDSA: issuerRef(issuerNames.ECDSA), RSA: issuerRef(issuerNames.RSA) },
    isOwn: true,
    start: async (where: WhereItRuns, settings: StartSettings = {}): Promise<Running> => {
      const pod = settings.withKubeconfig === true ? undefined : where.pod;
      const startedAt = performance.now();
      const operator = await startOperator({
        kubeconfig: pod === undefined ? where.operatorKubeconfig : '',
        namespace: where.namespace,
        logFile: join(where.directory, `${name}.log`),
        flags: [...everyCase, ...(settings.flags ?? []), ...furtherFlags],
        environment: { ...image.environment, ...pod?.environment, ...settings.environment },
        deadlineMs: startDeadlineMs,
        commandLine: (flags) => [
          ...(pod === undefined ? [] : ['unshare', '--mount', 'sh', '-c', asPod, 'sh', pod.directory]),
          ...command,
          ...flags.filter(isKnown),
        ],
      });
      const running = {
        pid: operator.pid,
        readyMs: operator.startMs,
        startedAt,
        pause: () => operator.pause(),
        resume: () => operator.resume(),
        kill: async () => void (await operator.kill()),
      };
      await until('the issuers to be served', async () => {
        const lines = (await operator.metrics())
          .split('\n')
          .filter((each) => each.startsWith('pca_issuer_issuer_ready{'));
        const ready = lines.filter((line) => line.endsWith(' 1'));
        if (ready.length < Object.keys(issuerNames).length) throw new NotYet(lines.join('\n'));
        return true;
      });
      return running;
    },
  };
}

function issuerRef(name: string): Contestant['issuerRefs']['ECDSA'] {
  return { group: apiGroup, kind: 'AlibabaPCAClusterIssuer', name };
}
