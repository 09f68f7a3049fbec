// How each disturbance is played at the boundary where the requests are held.
import type { SteppedOperator } from '../../support/stepped-operator.ts';
import { until } from '../../support/wait.ts';
import type { Case, Disturbance } from './cases.ts';
import type { Played, Stage } from './stage.ts';

/** What a disturbance works on: an operator that holds `played` at the boundary. */
interface Scene {
  readonly stage: Stage;
  readonly operator: SteppedOperator;
  readonly played: readonly Played[];
}

const lost = 'The Lease is lost';
const leads = 'This replica holds the Lease';

const play: Readonly<Record<Disturbance, (scene: Scene) => Promise<void>>> = {
  Killed: async ({ stage, operator }) => {
    await operator.kill();
    stage.startOperator();
  },

  LeaseLost: async ({ stage, operator }) => {
    await stage.setLeaseHolder('another-replica');
    await operator.says(lost);
    await withoutCall(stage, async () => {
      operator.continue();
      await endsAfterLoss(operator);
    });
    await stage.setLeaseHolder('');
    stage.startOperator();
  },

  PausedForOther: async ({ stage, operator }) => {
    operator.pause();
    const other = stage.startOperator();
    await other.says(leads);
    operator.continue();
    operator.resume();
    await endsAfterLoss(operator);
  },

  PausedPastOther: async ({ stage, operator, played }) => {
    operator.pause();
    const other = stage.startOperator();
    await other.says(leads);
    await stage.ready(played);
    await withoutCall(stage, async () => {
      operator.continue();
      operator.resume();
      await endsAfterLoss(operator);
    });
  },

  APIServerLost: async ({ stage, operator }) => {
    stage.apiServer.become('lost');
    operator.continue();
    await until('the operator to miss the API server', () => stage.apiServer.losses >= 3);
    stage.apiServer.become('whole');
  },

  APIServerLostPastLease: async ({ stage, operator }) => {
    stage.apiServer.become('lost');
    operator.continue();
    await endsAfterLoss(operator);
    stage.apiServer.become('whole');
    stage.startOperator();
  },

  PCALost: async ({ stage, operator, played }) => {
    stage.pca.become('lost');
    operator.continue();
    await missed(stage, played);
    stage.pca.become('whole');
  },

  AnswersLost: async ({ stage, operator, played }) => {
    stage.pca.become('answersLost');
    operator.continue();
    await missed(stage, played);
    stage.pca.become('whole');
  },

  CallLate: async ({ stage, operator, played }) => {
    stage.pca.become('requestsLate');
    operator.continue();
    await until('the calls to be under way', () => stage.pca.late === played.length);
    await operator.kill();
    stage.pca.become('whole');
    stage.startOperator();
    await stage.ready(played);
    const before = issuingCalls(stage);
    stage.pca.deliver();
    await until('the late calls to arrive', () => issuingCalls(stage) === before + played.length);
  },
};

/** Holds the requests of `operations` at the step, plays the disturbance, and lets the operator recover. */
export async function playCase(
  stage: Stage,
  { disturbance, step }: Case,
  operations: readonly string[],
): Promise<readonly Played[]> {
  await stage.openScene(operations);
  const { operator } = stage;
  operator.hold(step);
  const played = await stage.request(operations);
  await operator.reached(
    step,
    played.map(({ uid }) => uid),
  );
  await play[disturbance]({ stage, operator, played });
  return played;
}

// Who lost the Lease must not call, whatever it had begun.
async function withoutCall(stage: Stage, act: () => Promise<void>): Promise<void> {
  const before = issuingCalls(stage);
  await act();
  const after = issuingCalls(stage);
  if (after !== before) throw new Error(`${after - before} calls went out after the Lease was lost`);
}

async function endsAfterLoss(operator: SteppedOperator): Promise<void> {
  const end = await until('the operator to end', async () => (operator.hasEnded ? operator.ended : undefined));
  if (end.code !== 1) throw new Error(`It ended with ${end.signal ?? end.code}, not for its Lease`);
}

/** Each request met the loss, or is past all calls. */
async function missed(stage: Stage, played: readonly Played[]): Promise<void> {
  await until(
    'the operator to miss PCA',
    async () => stage.pca.losses >= played.length || (await stage.areReady(played)),
  );
}

function issuingCalls(stage: Stage): number {
  return stage.world.simulator.calls().filter(({ action }) => action.startsWith('Create')).length;
}
