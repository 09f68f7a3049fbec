// One run of the benchmark: stage and contestants are made, the chosen cases run, and each adds to the result.
import { readManifests } from '../../test/support/cluster.ts';
import { readFileSync } from 'node:fs';
import { buildBundle } from '../build.ts';
import { root } from '../command.ts';
import { served } from './cases/case.ts';
import type { CaseSettings } from './cases/case.ts';
import { cases } from './cases/index.ts';
import type { Sizes } from './cases/sizes.ts';
import { buildBaseline } from './contestants/baseline.ts';
import type { BaselineTree } from './contestants/baseline.ts';
import type { Contestant } from './contestants/contestant.ts';
import { ownContestant } from './contestants/own.ts';
import { peerContestant } from './contestants/peer.ts';
import type { PeerSettings } from './contestants/peer.ts';
import type { CaseName } from './case-names.ts';
import { describeMachine, describeTree } from './circumstances.ts';
import type { BenchmarkResult, Circumstances } from './result.ts';
import { Stage } from './stage/stage.ts';
import type { CertificateRequest } from '../../src/crds/cert-manager.ts';

/** What is to be run. */
export interface RunSettings {
  readonly cases: readonly CaseName[];
  readonly sizes: Sizes;
  /** A commit to be driven as well. */
  readonly baseline: string | undefined;
  readonly peer: (PeerSettings & { readonly manifests: readonly string[] }) | undefined;
  /** Further flags of our operator. */
  readonly flags: readonly string[];
  readonly say: (text: string) => void;
}

// As many as the driver approves at a time.
const referenceInFlight = 32;

/** Runs the cases; `onResult` is told after each. */
export async function runCases(
  { cases: names, sizes, baseline, peer, flags, say }: RunSettings,
  onResult: (result: BenchmarkResult) => void,
): Promise<void> {
  await buildBundle();
  const tree = baseline === undefined ? undefined : buildBaseline(baseline, say);
  say('Starting the control plane, the simulator and the bare client.');
  const stage = await Stage.start(referenceInFlight);
  try {
    for (const file of peer?.manifests ?? []) await stage.cluster.apply(readManifests(readFileSync(file, 'utf8')));
    const contestants = contestantsOf({ tree, peer, flags });
    const circumstances = await circumstancesOf(stage, contestants, sizes);
    const sample = await sampleOf(stage, contestants);
    const settings: CaseSettings = { stage, contestants, sizes, sample, say };
    for (const name of names) {
      say(`${name}:`);
      onResult({ [name]: { circumstances, figures: await cases[name](settings) } });
    }
  } finally {
    await stage.stop();
    tree?.remove();
  }
}

function contestantsOf({
  tree,
  peer,
  flags,
}: Pick<RunSettings, 'peer' | 'flags'> & { readonly tree: BaselineTree | undefined }): readonly Contestant[] {
  return [
    ownContestant({ name: 'now', description: describeTree(), directory: root }, flags),
    ...(tree === undefined ? [] : [ownContestant(tree, flags)]),
    ...(peer === undefined ? [] : [peerContestant(peer)]),
  ];
}

async function circumstancesOf(stage: Stage, contestants: readonly Contestant[], sizes: Sizes): Promise<Circumstances> {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    versions: await stage.versions(),
    contestants: contestants.map(({ name, description }) => ({ name, description })),
    likeAPod: stage.where.pod !== undefined,
    sizes,
  };
}

/** A request that this tree has finished. */
async function sampleOf(stage: Stage, [own]: readonly Contestant[]): Promise<CertificateRequest> {
  if (own === undefined) throw new Error('There is nobody to measure.');
  const running = await own.start(stage.where);
  try {
    const { metadata } = await served(stage, own);
    const found = await stage.cluster.get({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      ...metadata,
    });
    return found as unknown as CertificateRequest;
  } finally {
    await running.kill();
    await stage.removeRequests();
  }
}
