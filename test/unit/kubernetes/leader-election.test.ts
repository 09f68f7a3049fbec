// The election against a Lease in memory, by a clock that the test moves: what no real server can be made to do on time.
import { beforeEach, expect, it } from 'vitest';
import { LeaderElector } from '../../../src/kubernetes/leader-election.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec: Record<string, unknown>;
}
type Answer = { kind: 'ok'; status: number; body: Stored } | { kind: 'failed'; failure: { class: string } };

let clock: FakeClock;
let server: LeaseServer;

beforeEach(() => {
  clock = new FakeClock();
  server = new LeaseServer();
});

/** One Lease with the API server's rules for resourceVersion and uid. */
class LeaseServer {
  lease: Stored | undefined;
  readonly puts: Stored[] = [];
  /** What an answer waits for. */
  gate: Promise<void> = Promise.resolve();
  isDown = false;
  /** Whether the answer of the next write is lost, which is done all the same. */
  losesNextAnswer = false;
  /** Whether the Lease is deleted between the next read and the next write, which then makes a new one. */
  deletesBeforePut = false;
  #version = 0;

  store(given: { readonly spec: Record<string, unknown> }): Stored {
    this.#version += 1;
    const uid = this.lease?.metadata.uid ?? `uid-${this.#version}`;
    this.lease = { ...given, metadata: { name: 'lease', uid, resourceVersion: String(this.#version) } };
    return this.lease;
  }

  async get(): Promise<Answer> {
    await this.gate;
    if (this.isDown) return failed('Transient');
    return this.lease === undefined ? failed('NotFound') : { kind: 'ok', status: 200, body: this.lease };
  }

  async create(_path: string, given: Stored): Promise<Answer> {
    await this.gate;
    if (this.isDown) return failed('Transient');
    return this.lease === undefined ? { kind: 'ok', status: 201, body: this.store(given) } : failed('Conflict');
  }

  async replace(_path: string, given: Stored): Promise<Answer> {
    await this.gate;
    if (this.isDown) return failed('Transient');
    if (this.deletesBeforePut) {
      this.deletesBeforePut = false;
      this.lease = undefined;
      return { kind: 'ok', status: 201, body: this.store(given) };
    }
    const { uid, resourceVersion } = this.lease?.metadata ?? {};
    if (uid !== given.metadata.uid || resourceVersion !== given.metadata.resourceVersion) return failed('Conflict');
    this.puts.push(given);
    const body = this.store(given);
    if (!this.losesNextAnswer) return { kind: 'ok', status: 200, body };
    this.losesNextAnswer = false;
    return failed('Transient');
  }
}

function failed(kind: string): Answer {
  return { kind: 'failed', failure: { class: kind } };
}

class Candidate {
  /** Whether this one alone does not reach the API server. */
  isCutOff = false;
  readonly elector: LeaderElector;
  readonly end: Promise<'released' | 'lost'>;
  readonly stop = new AbortController();
  state: 'waiting' | 'leading' | 'stopped' = 'waiting';

  /** With `random` 0 it comes back soonest, with 1 latest. */
  constructor(identity: string, random = 1) {
    const reach = (request: () => Promise<Answer>): Promise<Answer> =>
      this.isCutOff ? Promise.resolve(failed('Transient')) : request();
    this.elector = new LeaderElector({
      client: {
        get: (): Promise<Answer> => reach(() => server.get()),
        create: (path: string, given: Stored): Promise<Answer> => reach(() => server.create(path, given)),
        replace: (path: string, given: Stored): Promise<Answer> => reach(() => server.replace(path, given)),
      } as never,
      namespace: 'here',
      name: 'lease',
      identity,
      clock: { now: clock.now, monotonic: clock.monotonic, startTimer: clock.startTimer, random: () => random },
    });
    this.end = this.elector.run(this.stop.signal, async (leadership) => {
      this.state = 'leading';
      await new Promise((resolve) => leadership.addEventListener('abort', resolve));
      this.state = 'stopped';
    });
  }
}

/** Lets promises run that wait for nothing but each other. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number, each: () => void = () => undefined): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await settle();
    each();
  }
}

async function leader(identity: string): Promise<Candidate> {
  const candidate = new Candidate(identity);
  await settle();
  await pass(2_600);
  expect(candidate.state).toBe('leading');
  return candidate;
}

it('writes the Lease with six digits of time and with uid and resourceVersion as preconditions', async () => {
  await leader('first');
  expect(server.puts[0]).toEqual({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'lease', uid: 'uid-1', resourceVersion: '1' },
    spec: {
      holderIdentity: 'first',
      leaseDurationSeconds: 15,
      acquireTime: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{6}Z$/),
      renewTime: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{6}Z$/),
      leaseTransitions: 0,
    },
  });
});

it('gives back what it made when it is stopped before it leads', async () => {
  const made = new Candidate('first');
  await settle();
  expect(server.lease?.spec['holderIdentity']).toBe('first');
  made.stop.abort();
  expect(await made.end).toBe('released');
  expect(made.state).toBe('waiting');
  expect(server.lease?.spec['holderIdentity']).toBe('');
  server.losesNextAnswer = true;
  const unsure = new Candidate('second');
  await settle();
  expect(server.lease?.spec['holderIdentity']).toBe('second');
  unsure.stop.abort();
  expect(await unsure.end).toBe('released');
  expect(server.lease?.spec['holderIdentity']).toBe('');
});

it('gives nothing back that is not its own', async () => {
  await leader('first');
  const waiting = new Candidate('second');
  await pass(3_000);
  waiting.stop.abort();
  expect(await waiting.end).toBe('released');
  expect(server.lease?.spec['holderIdentity']).toBe('first');
});

it('counts its time from when it asked, not from when it was answered', async () => {
  server.store({ spec: { holderIdentity: '' } });
  let open = (): void => undefined;
  server.gate = new Promise((resolve) => {
    open = resolve;
  });
  const first = new Candidate('first');
  clock.skip(3_000);
  open();
  await settle();
  expect(first.elector.isLeader).toBe(true);
  clock.skip(7_000);
  expect(first.elector.isLeader).toBe(false);
});

it('lets one of two win that see a free Lease at the same time', async () => {
  server.store({ spec: { holderIdentity: '' } });
  const both = [new Candidate('first'), new Candidate('second')];
  await pass(20_000);
  expect(both.map(({ state, elector }) => [state, elector.isLeader])).toEqual([
    ['leading', true],
    ['waiting', false],
  ]);
});

it('reads a Lease again before acting when its own write turned out to have made it anew', async () => {
  server.store({ spec: { holderIdentity: '' } });
  server.deletesBeforePut = true;
  const first = new Candidate('first');
  await settle();
  expect([first.state, first.elector.isLeader]).toEqual(['waiting', false]);
  await pass(2_100);
  expect([first.state, first.elector.isLeader]).toEqual(['leading', true]);
});

it('waits for the time of a holder that is cut off when the Lease is deleted meanwhile', async () => {
  const first = await leader('first');
  const second = new Candidate('second');
  await settle();
  first.isCutOff = true;
  server.lease = undefined;
  let both = 0;
  await pass(20_000, () => {
    if (first.elector.isLeader && second.elector.isLeader) both += 1;
  });
  expect([both, first.state, second.state]).toEqual([0, 'stopped', 'leading']);
});

it('is not leader once its time is over, although no timer fired', async () => {
  const first = await leader('first');
  server.isDown = true;
  clock.skip(10_000);
  expect([first.elector.isLeader, first.state]).toEqual([false, 'leading']);
});

it('aborts leadership by a timer while a renewal hangs, and does not come back when that succeeds late', async () => {
  const first = await leader('first');
  let open = (): void => undefined;
  server.gate = new Promise((resolve) => {
    open = resolve;
  });
  await pass(9_900 - 2_000);
  expect(first.state).toBe('leading');
  await pass(2_100);
  expect([first.state, first.elector.isLeader]).toEqual(['stopped', false]);
  open();
  expect([await first.end, first.elector.isLeader]).toEqual(['lost', false]);
});

it('aborts leadership at the deadline also between two renewals', async () => {
  const first = await leader('first');
  server.isDown = true;
  const renewals: string[] = [];
  await pass(10_100, () => renewals.push(first.state));
  // The last success was at most two seconds ago when the server went.
  expect(renewals.indexOf('stopped')).toBeGreaterThan(70);
  expect(await first.end).toBe('lost');
});

it('takes an abandoned Lease only after it stood unchanged for its whole time here, whatever it says', async () => {
  server.store({
    spec: { holderIdentity: 'gone', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
  });
  const second = new Candidate('second');
  await settle();
  await pass(14_900);
  expect(second.state).toBe('waiting');
  await pass(2_200);
  expect([second.state, server.lease?.spec['leaseTransitions']]).toEqual(['leading', 1]);
});

it('gives the Lease back, and takes one that was given back at once', async () => {
  const first = await leader('first');
  const second = new Candidate('second');
  first.stop.abort();
  expect([await first.end, first.elector.isLeader]).toEqual(['released', false]);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  await pass(2_000);
  expect(second.state).toBe('leading');
});

it('goes on after the answer to its own renewal was lost', async () => {
  const first = await leader('first');
  // The write arrived, at a version that the leader does not know.
  server.store({ spec: { ...server.lease?.spec } });
  await pass(20_000);
  expect([first.state, first.elector.isLeader]).toEqual(['leading', true]);
});

it.each(['that saw the Lease before', 'that starts just then'])(
  'never leads beside a replica %s when the Lease is deleted underneath',
  async (which) => {
    const first = await leader('first');
    let second = which === 'that starts just then' ? undefined : new Candidate('second', 0);
    await settle();
    // Right after a renewal, so that the leader notices at its latest.
    const renewals = server.puts.length;
    while (server.puts.length === renewals) await pass(100);
    server.lease = undefined;
    second ??= new Candidate('second', 0);
    const other = second;
    await settle();
    let both = 0;
    await pass(40_000, () => {
      if (first.elector.isLeader && other.elector.isLeader) both += 1;
    });
    expect([both, first.elector.isLeader || other.elector.isLeader]).toEqual([0, true]);
  },
);

it('neither keeps nor loses the Lease by a jump of the wall clock', async () => {
  const first = await leader('first');
  clock.jump(3_600_000);
  await pass(20_000);
  expect([first.state, first.elector.isLeader]).toEqual(['leading', true]);
  clock.jump(-7_200_000);
  clock.skip(10_000);
  expect(first.elector.isLeader).toBe(false);
});
