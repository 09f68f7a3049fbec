// How much the cases ask for. Pure.

/** Counts of requests unless said otherwise. */
export interface Sizes {
  /** In one run. */
  readonly requests: number;
  /** How often each run is repeated, alternately with the reference. */
  readonly pairs: number;
  /** Of the simulator's answers, in milliseconds, for drains. */
  readonly latencies: readonly number[];
  /** Finished ones in the cluster when memory is measured. */
  readonly finished: number;
  /** Issued by one process when growth is measured. */
  readonly issued: number;
  /** Waiting ones when a process starts. */
  readonly waiting: number;
  /** Waiting ones of a neighbour at a limit. */
  readonly behind: number;
  /** How many are under way at a time when the time of each is measured. */
  readonly inFlight: readonly number[];
}

/** A run that only shows that everything works. */
export const quickSizes: Sizes = {
  requests: 60,
  pairs: 1,
  latencies: [0, 50],
  finished: 200,
  issued: 120,
  waiting: 60,
  behind: 60,
  inFlight: [1, 10],
};

/** What is not an option. */
export const fixedSizes: Pick<Sizes, 'latencies' | 'inFlight'> = {
  latencies: [0, 50, 200],
  inFlight: [1, 10, 100, 1_000],
};
