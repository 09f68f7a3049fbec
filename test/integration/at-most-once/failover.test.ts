// Failover from one CA to another never costs a second certificate for one request: the one that was called is asked until it says
// what became of the call, whoever issues meanwhile and however often the operator starts anew. Counted in both regions.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/wait.ts';
import { FailoverScene, patienceMs, Regions } from './regions.ts';

const scenes = ['AnswerLost', 'CallLate', 'Flapping', 'ByKey', 'KilledFirst', 'KilledSecond'];
// Each of some waits may take its whole time.
const testMs = 3 * patienceMs;
let regions: Regions;

beforeAll(async () => {
  regions = await Regions.start(scenes);
});
afterAll(async () => regions.stop());

describe('while one operator runs', () => {
  beforeAll(() => void regions.runningOperator);

  describe.concurrent('scenes beside each other', () => {
    it.each([
      ['AnswerLost', 'CreateCustomCertificate'],
      ['ByKey', 'CreateCertificateWithExtension'],
    ])(
      'a request whose answer was lost waits for the CA that was called, and others need not: %s',
      async (name, operation) => {
        const scene = await FailoverScene.set(regions, name, { operation });
        await scene.uses('first');
        scene.firstWay.become('answersLost');
        const lost = await scene.request('lost', operation);
        await until('the call to arrive', () => scene.paid(lost).first === 1);
        scene.firstWay.become('lost');
        await scene.uses('second');
        const other = await scene.request('other', operation);
        expect([await scene.ready(other), scene.paid(other)]).toEqual(['verified', { first: 0, second: 1 }]);
        const isWaiting = await scene.isTold(lost, 'only that CA can tell whether a certificate exists');
        expect([isWaiting, scene.paid(lost)]).toEqual([true, { first: 1, second: 0 }]);
        scene.firstWay.become('whole');
        expect([await scene.ready(lost), scene.paid(lost)]).toEqual(['verified', { first: 1, second: 0 }]);
        await scene.uses('first');
      },
      testMs,
    );

    it(
      'a call that arrives at the first CA late, after that has said that there is no certificate, is waited for',
      async () => {
        const scene = await FailoverScene.set(regions, 'CallLate');
        await scene.uses('first');
        scene.firstWay.become('requestsLate');
        const late = await scene.request('late');
        await scene.uses('second');
        // It answers and must not be gone back to.
        scene.letFirstIssue(false);
        scene.firstWay.become('whole');
        await until('the first CA to say that there is none', () => scene.listedAtFirst() > 0);
        expect([await scene.isReady(late), scene.paid(late)]).toEqual([false, { first: 0, second: 0 }]);
        scene.letFirstIssue(true);
        scene.firstWay.deliver();
        await until('the late call to arrive', () => scene.paid(late).first === 1);
        scene.letFirstIssue(false);
        expect([await scene.ready(late), scene.paid(late)]).toEqual(['verified', { first: 1, second: 0 }]);
        const never = await scene.request('never');
        expect([await scene.ready(never), scene.paid(never)]).toEqual(['verified', { first: 0, second: 1 }]);
      },
      testMs,
    );

    it(
      'many requests while the first CA comes and goes cost one certificate each',
      async () => {
        const scene = await FailoverScene.set(regions, 'Flapping');
        await scene.uses('first');
        const asked = [];
        for (let round = 0; round < 3; round += 1) {
          for (let index = 0; index < 8; index += 1) asked.push(await scene.request(`before-${round}-${index}`));
          scene.firstWay.become('answersLost');
          for (let index = 0; index < 8; index += 1) asked.push(await scene.request(`lost-${round}-${index}`));
          await until('answers to be lost', () => scene.firstWay.losses >= 4);
          scene.firstWay.become('whole');
          scene.letFirstIssue(false);
          for (let index = 0; index < 8; index += 1) asked.push(await scene.request(`after-${round}-${index}`));
          await scene.uses('second');
          scene.secondWay.become('answersLost');
          for (let index = 0; index < 8; index += 1) asked.push(await scene.request(`second-${round}-${index}`));
          await until('answers to be lost', () => scene.secondWay.losses >= 4);
          scene.secondWay.become('whole');
          scene.letFirstIssue(true);
          await scene.uses('first');
        }
        const ends = await Promise.all(
          asked.map(async (each) => {
            const certificate = await scene.ready(each);
            const { first, second } = scene.paid(each);
            return `${certificate} ${first + second}`;
          }),
        );
        expect(ends).toEqual(asked.map(() => 'verified 1'));
        const where = asked.map((each) => scene.paid(each));
        expect([where.some(({ first }) => first === 1), where.some(({ second }) => second === 1)]).toEqual([
          true,
          true,
        ]);
      },
      testMs,
    );
  });
});

it(
  'after a restart an earlier call is looked for at every entry before another goes out',
  async () => {
    const first = await FailoverScene.set(regions, 'KilledFirst');
    const second = await FailoverScene.set(regions, 'KilledSecond');
    second.letFirstIssue(false);
    const operator = regions.runningOperator;
    await Promise.all([first.uses('first'), second.uses('second')]);
    operator.hold('CallAnswered');
    const [calledFirst, calledSecond] = [await first.request('killed'), await second.request('killed')];
    await operator.reached('CallAnswered', [calledFirst.uid, calledSecond.uid]);
    await regions.killOperator();
    first.firstWay.become('lost');
    second.secondWay.become('lost');
    second.letFirstIssue(true);
    regions.startOperator();
    await Promise.all([first.uses('second'), second.uses('first')]);
    const others = [await first.request('other'), await second.request('other')] as const;
    expect([await first.ready(others[0]), first.paid(others[0])]).toEqual(['verified', { first: 0, second: 1 }]);
    expect([await second.ready(others[1]), second.paid(others[1])]).toEqual(['verified', { first: 1, second: 0 }]);
    const areWaiting = [
      await first.isTold(calledFirst, 'An earlier operator may have called'),
      await second.isTold(calledSecond, 'An earlier operator may have called'),
    ];
    expect([areWaiting, first.paid(calledFirst), second.paid(calledSecond)]).toEqual([
      [true, true],
      { first: 1, second: 0 },
      { first: 0, second: 1 },
    ]);
    first.firstWay.become('whole');
    second.secondWay.become('whole');
    expect([await first.ready(calledFirst), await second.ready(calledSecond)]).toEqual(['verified', 'verified']);
    expect([first.paid(calledFirst), second.paid(calledSecond)]).toEqual([
      { first: 1, second: 0 },
      { first: 0, second: 1 },
    ]);
  },
  testMs,
);
