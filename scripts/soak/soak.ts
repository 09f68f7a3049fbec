// The driver of a soak: rounds of work, each disturbed in another way, and looks at the operator whenever everything is at rest.
import type { OperatorProcess } from '../../test/support/operator-process.ts';
import { generator } from '../../test/support/sample.ts';
import { until } from '../../test/support/wait.ts';
import { World } from '../../test/support/world.ts';
import { slope } from '../bench/statistics.ts';
import { disturbances } from './disturbances.ts';
import type { Stage } from './disturbances.ts';
import { inspected, Observer } from './observer.ts';
import type { Disturbed, Life, Observation, Retained, SoakResult } from './result.ts';
import { Workload } from './workload.ts';

/** How a soak is run. */
export interface SoakSettings {
  readonly minutes: number;
  readonly seed: number;
  /** How long descriptors must not become fewer until a process counts as idle, for the first look at it. */
  readonly idleMs: number;
  readonly say: (text: string) => void;
}

/** What a soak finds out by itself. */
export type SoakFindings = Omit<SoakResult, 'date' | 'machine' | 'commit'>;

interface OpenLife {
  readonly life: number;
  readonly observer: Observer;
  readonly first: Observation;
  readonly retained: Retained;
}

const flags = ['--retry-base-delay=200ms', '--retry-max-delay=2s', '--shutdown-timeout=5s', '--log-level=info'];
const minuteMs = 60_000;
const mebibyte = (value: number): string => value.toFixed(1);

/** Runs rounds until the time is up and every disturbance has been there once. */
export async function soak(settings: SoakSettings): Promise<SoakFindings> {
  const random = generator(settings.seed);
  const world = await World.start({ operator: false, flags, simulator: { random: generator(settings.seed + 1) } });
  try {
    return await new Soak(world, settings, random).run();
  } finally {
    await world.stop();
  }
}

class Soak {
  readonly #world: World;
  readonly #settings: SoakSettings;
  readonly #random: () => number;
  readonly #observations: Observation[] = [];
  readonly #disturbed: Disturbed[] = [];
  readonly #lives: Life[] = [];
  readonly #ends: string[] = [];
  readonly #started = performance.now();
  #life = 0;
  #isEnding = false;

  constructor(world: World, settings: SoakSettings, random: () => number) {
    this.#world = world;
    this.#settings = settings;
    this.#random = random;
  }

  async run(): Promise<SoakFindings> {
    try {
      return await this.#run();
    } finally {
      this.#isEnding = true;
    }
  }

  async #run(): Promise<SoakFindings> {
    await this.#startOperator();
    const workload = await Workload.start(this.#world, this.#random);
    const stage = { world: this.#world, workload, random: this.#random };
    // Early, so that the process that is looked at longest lives as long as it can.
    await this.#replaced(stage, 'the operator restarts', async () => void (await this.#world.operator.stop()));
    await this.#replaced(stage, 'the operator is killed', async () => void (await this.#world.operator.kill()));
    const restarts = this.#restartMinutes();
    let open = await this.#openLife(workload);
    for (
      let round = 0;
      this.#minute() < this.#settings.minutes || round < Object.keys(disturbances).length;
      round += 1
    ) {
      if (this.#minute() >= (restarts[0] ?? Infinity)) {
        restarts.shift();
        await this.#closeLife(open);
        await this.#replaced(stage, 'the operator restarts', async () => void (await this.#world.operator.stop()));
        open = await this.#openLife(workload);
      }
      await this.#round(stage, round);
      const life = this.#life;
      // One that ended by itself has a successor, whose figures are its own.
      if (life !== open.life) open = await this.#openLife(workload);
      else this.#observations.push(await this.#observe(open.observer));
      this.#tell();
    }
    await this.#closeLife(open);
    return this.#findings(workload);
  }

  async #findings(workload: Workload): Promise<SoakFindings> {
    const faults = [...(await workload.failed())];
    const issuances = await this.#world.issuances().catch((error: unknown) => String(error));
    if (typeof issuances === 'string') faults.push(issuances);
    return {
      seed: this.#settings.seed,
      minutes: this.#minute(),
      observations: this.#observations,
      lives: this.#lives,
      disturbances: this.#disturbed,
      done: workload.done,
      certificates: this.#world.simulator.issued().length,
      faults,
      ends: this.#ends,
    };
  }

  /** One round of work, disturbed in the next way. */
  async #round(stage: Stage, round: number): Promise<void> {
    const all = Object.entries(disturbances);
    const [what, begin] = all[round % all.length] ?? [];
    if (what === undefined || begin === undefined) return;
    this.#disturbed.push({ minute: this.#minute(), what });
    this.#settings.say(what);
    const [end] = await Promise.all([begin(stage), stage.workload.round()]);
    await end();
    await stage.workload.settled();
  }

  /** Ends the operator in the middle of a round, and starts another. */
  async #replaced(stage: Stage, what: string, end: () => Promise<void>): Promise<void> {
    this.#disturbed.push({ minute: this.#minute(), what });
    this.#settings.say(what);
    await stage.workload.round();
    this.#isEnding = true;
    await end();
    this.#isEnding = false;
    await this.#startOperator();
    await stage.workload.settled();
  }

  async #startOperator(): Promise<void> {
    const operator = await this.#world.startOperator([], inspected);
    this.#life += 1;
    this.#succeed(operator).catch((error: unknown) => this.#ends.push(String(error)));
  }

  /** Starts another operator when this one ends by itself, as its pod would be, for instance when a busy machine cost it the Lease. */
  async #succeed({ ended, logs }: Pick<OperatorProcess, 'ended' | 'logs'>): Promise<void> {
    await ended;
    if (this.#isEnding) return;
    this.#ends.push((await logs()).trimEnd().split('\n').at(-1) ?? '');
    await until('another operator to start', async () => this.#startOperator().then(() => true));
  }

  /** The first look at a process, once it has done a round and what it keeps open for a while is closed. */
  async #openLife(workload: Workload): Promise<OpenLife> {
    await workload.round();
    await workload.settled();
    const observer = await Observer.attach(this.#world.operator);
    const life = this.#life;
    await observer.closed(this.#settings.idleMs);
    const first = await this.#observe(observer);
    this.#observations.push(first);
    return { life, observer, first, retained: await observer.retained() };
  }

  async #closeLife({ life, observer, first, retained }: OpenLife): Promise<void> {
    await observer.returned(first.descriptors);
    const last = await this.#observe(observer);
    this.#observations.push(last);
    const total = ({ resources }: Observation): number =>
      Object.values(resources).reduce((sum, count) => sum + count, 0);
    this.#lives.push({
      life,
      minutes: last.minute - first.minute,
      certificates: last.issued - first.issued,
      descriptors: { first: first.descriptors, last: last.descriptors },
      resources: { first: total(first), last: total(last) },
      retained: { first: retained, last: await observer.retained() },
      residentPerHour: residentPerHour(this.#observations.filter((each) => each.life === life)),
    });
    observer.close();
    this.#settings.say(`Life ${life}: ${JSON.stringify(this.#lives.at(-1))}`);
  }

  async #observe(observer: Observer): Promise<Observation> {
    const found = await observer.atRest();
    return { minute: this.#minute(), life: this.#life, ...found, issued: this.#world.simulator.issued().length };
  }

  /** A new process at each third of a soak that leaves each of them ten minutes. */
  #restartMinutes(): number[] {
    const { minutes } = this.#settings;
    return minutes < 30 ? [] : [minutes / 3, (2 * minutes) / 3];
  }

  #minute(): number {
    return (performance.now() - this.#started) / minuteMs;
  }

  #tell(): void {
    const last = this.#observations.at(-1);
    if (last === undefined) return;
    const { minute, resident, descriptors, issued } = last;
    const what = this.#disturbed.at(-1)?.what ?? '';
    this.#settings.say(
      `${minute.toFixed(1)} min: ${mebibyte(resident)} MiB, ${descriptors} descriptors, ${JSON.stringify(last.resources)}, ${issued} certificates; ${what}`,
    );
  }
}

function residentPerHour(observations: readonly Observation[]): number | undefined {
  const later = observations.slice(Math.floor(observations.length / 2));
  return later.length < 2 ? undefined : slope(later.map(({ minute, resident }) => ({ x: minute / 60, y: resident })));
}
