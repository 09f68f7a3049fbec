// The cases of the benchmark by their names, in the order in which they are run. Imports nothing: `--help` lists them.

/** What each case measures. */
export const caseMeanings = {
  drain: 'approved requests until all are finished, at 0, 50 and 200 ms of latency, cold and warm',
  burst: 'the same, approved meanwhile',
  latency: 'how long a request takes, with 1, 10, 100 and 1,000 under way',
  keys: 'drains of requests with RSA keys, and with 100 names',
  memory: 'idle, with finished requests in the cluster, and growth',
  start: 'until ready, and until the first certificate with requests waiting',
  stub: 'drains of one process beside a stub of the API server',
  stall: 'longest turns of the event loop',
  limit: "a namespace's wait behind a neighbour at a limit of 10 calls a second",
} as const;

/** Name of a case. */
export type CaseName = keyof typeof caseMeanings;

/** All names. */
export const caseNames = Object.keys(caseMeanings) as readonly CaseName[];
