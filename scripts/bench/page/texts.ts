// What the page says of each case: how it is measured and what limits it. Pure.
import type { CaseName } from '../case-names.ts';
import { burstCeiling } from '../cases/burst.ts';
import type { ColdAndWarm } from '../cases/drain.ts';
import { allowedMs, limitPerSecond } from '../cases/limit.ts';
import type { Run } from '../cases/runs.ts';
import type { BenchmarkResult, CaseFigures, Circumstances } from '../result.ts';
import { median } from '../statistics.ts';

/** The texts of one case. */
export interface CaseTexts {
  readonly title: string;
  readonly how: (circumstances: Circumstances) => string;
  readonly limit: (result: BenchmarkResult) => string;
}

/** By case. */
export const caseTexts: { readonly [Name in CaseName]: CaseTexts } = {
  drain: {
    title: 'Draining approved requests',
    how: ({
      sizes,
    }) => `${sizes.requests} requests are made and approved while the contestant is stopped with SIGSTOP. The clock runs from SIGCONT until the
driver's watch has seen all of them finished. Cold is the first drain of a fresh process, which pays for compiling and
handshakes; warm is its second. Medians of ${sizes.pairs} turns; in each the reference and every contestant run once. Shares are medians
of the shares of each turn. GET, PATCH and POST are requests to the API server per certificate, of warm drains.`,
    limit: (result) => `${busyText(result.drain?.figures)} A cold drain also waits for the call limit, which
begins at 200 calls a second and doubles each second that it is used ([The limit on calls](limiter.md)). With latency L, the
\`--max-concurrent-requests\` of 64 allow 64/L.`,
  },
  burst: {
    title: 'Approvals while the clock runs',
    how: ({
      sizes,
    }) => `${sizes.requests} requests are there, and the driver approves them with 32 in flight while a warm contestant runs. The ceiling is what
an issuer that costs nothing could reach: each certificate needs one approval and one status apply, and the API server
was measured with each alone.`,
    limit: ({ burst }) => `The approvals are writes of the same kind as the statuses, and both share the API server.
${freeBurstText(burst?.figures)}`,
  },
  latency: {
    title: 'How long one request takes',
    how: () => `From sending the approval until the driver's watch has seen the certificate; whenever one is finished the next is approved.
A warm process, no latency of PCA.`,
    limit:
      () => `One at a time it is the sum of what the API server, the operator and PCA take one after the other. With many it is their
number divided by the rate of the drains above.`,
  },
  keys: {
    title: 'Other requests',
    how: ({
      sizes,
    }) => `The same drains without latency, medians of ${sizes.pairs} turns. RSA keys take an issuer of an RSA-2048 CA: PCA issues for keys of
the CA's own kind only.`,
    limit: () => 'A hundred names make the CSR, the call, the certificate and the status several times as long.',
  },
  memory: {
    title: 'Memory',
    how: ({
      sizes,
      likeAPod,
    }) => `Resident memory (RSS), at rest. ${likeAPod ? "The operator finds a pod's ServiceAccount, as in a cluster; from a kubeconfig it loads a further library." : 'The operator is started with a kubeconfig, for which it loads a further library.'}
Node's own file is part of it, and the kernel counts those pages once for all processes that run it. Growth is the slope over
the later half of ${sizes.issued} certificates of one process, whose requests stay in the cluster.`,
    limit: (
      result,
    ) => `What is resident beyond the pages of files is V8's heap with its high-water mark, and native buffers. Each finished
request in the cluster takes ${bytesOfFinished(result.memory?.figures)} bytes, for its name and what its certificate claims, so that growth has no end where
nobody deletes requests; cert-manager does (\`revisionHistoryLimit\`).`,
  },
  start: {
    title: 'Start',
    how: ({
      sizes,
    }) => `From the start of the process until \`/readyz\` answers 200 and, with ${sizes.waiting} approved requests without a Certificate in the cluster that
nobody has answered, until the driver's watch has seen the first certificate. PCA's list of certificates is empty then.`,
    limit:
      () => `Loading the bundle, the first lists of the collections, and the check of the issuer at PCA. What was approved before the
start may have been called for by an earlier process, so PCA's list is read first, as far back as the requests are old.
Requests are answered while others are still listed, which delays the list; those of Certificates wait for its end
([ADR 31](adr/0031-requests-are-worked-on-as-they-are-listed.md)).`,
  },
  stub: {
    title: 'One process alone',
    how: ({
      sizes,
    }) => `Drains of ${sizes.requests} requests where neither the API server nor the CA is the limit: a stub of the API server in a process of
its own answers over HTTPS from memory, counts the finished requests and stores nothing on a disk. The limit on calls is set to
1,000 a second from the start. Cold is the first drain of a process, warm the median of ${sizes.pairs} later ones.`,
    limit:
      () => `One thread of the operator, when it is busy for nearly all of one core; otherwise the cores that stub and simulator need
as well.`,
  },
  stall: {
    title: 'Longest turns of the event loop',
    how: () => `Processor time of a single turn, in runs of their own: looking for it takes time as well. Collections of garbage are told by the
clock, so the second figure is what was certainly the operator's own work.`,
    limit: () =>
      `At the start the bundle is compiled in one turn, before anything listens or is asked. Later a turn is as long as the events
that one read brings.`,
  },
  limit: {
    title: 'Behind a neighbour at a limit',
    how: ({
      sizes,
    }) => `PCA's limit is ${limitPerSecond} calls a second (\`--call-limits\`). One namespace has ${sizes.behind} approved requests waiting, and another approves
single ones, one after the other, and then several at once.`,
    limit: (
      result,
    ) => `The limit's own arithmetic: with turns, every other call is the smaller namespace's, which makes at most ${allowedMs(1)} ms for one
and ${allowedMs(togetherOf(result.limit?.figures))} ms for all at once, plus what a request takes anyway. First in, first out, one would wait for
${Math.round((waitingOf(result.limit?.figures) * 1_000) / limitPerSecond / 1_000)} s.`,
  },
};

function bytesOfFinished(figures: CaseFigures['memory'] | undefined): number {
  const found = figures?.['now'];
  if (found === undefined) return 0;
  const { idle, withFinished } = found;
  return Math.round(((withFinished.memory.resident - idle.resident) * 2 ** 20) / withFinished.count);
}

function togetherOf(figures: CaseFigures['limit'] | undefined): number {
  return figures?.['now']?.together.count ?? 0;
}

function waitingOf(figures: CaseFigures['limit'] | undefined): number {
  return figures?.['now']?.waiting ?? 0;
}

/** How busy the machine was in warm drains without latency, and what an issuer that takes no processor time would reach. */
function busyText(figures: CaseFigures['drain'] | undefined): string {
  const withoutLatency = figures?.[0];
  const runs = withoutLatency?.contestants['now']?.map(({ warm }: ColdAndWarm) => warm) ?? [];
  const parts = partsOf(runs);
  const [operator = 0, apiServer = 0, etcd = 0, simulator = 0, driver = 0] = parts;
  const sum = sumOf(parts);
  const cores = (sum * median(runs.map(({ perSecond }) => perSecond))) / 1_000;
  const bare = sumOf(partsOf(withoutLatency?.reference ?? []));
  const ms = (value: number): string => value.toFixed(1);
  return `A warm certificate without latency takes ${ms(sum)} ms of the machine's processors (operator ${ms(operator)}, API server
${ms(apiServer)}, etcd ${ms(etcd)}, simulator ${ms(simulator)}, the driver's watch ${ms(driver)}), so that rate keeps ${cores.toFixed(1)} cores busy. The reference
takes ${ms(bare)} ms for each apply. So an issuer that costs nothing would reach ${Math.round((100 * bare) / (sum - operator))} % of it here, where CA and watch take
the same cores.`;
}

/** The same for approvals while the clock runs. */
function freeBurstText(figures: CaseFigures['burst'] | undefined): string {
  const runs = figures?.contestants['now'] ?? [];
  const parts = partsOf(runs);
  const [operator = 0] = parts;
  const sum = sumOf(parts);
  const free = (median(runs.map(({ perSecond }) => perSecond)) * sum) / (sum - operator);
  const ceiling = median((figures?.reference ?? []).map(burstCeiling));
  return `Approval, certificate and status take ${sum.toFixed(1)} ms of the machine's processors, the operator ${operator.toFixed(1)} of them. So an issuer that
costs nothing would reach ${Math.round((100 * free) / ceiling)} % of the ceiling here, where CA and watch take the same cores.`;
}

const processes = ['contestant', 'apiServer', 'etcd', 'simulator', 'driver'] as const;

function partsOf(runs: readonly Run[]): readonly number[] {
  return processes.map((name) => median(runs.map(({ cpu }) => cpu[name])));
}

function sumOf(parts: readonly number[]): number {
  return parts.reduce((total, part) => total + part, 0);
}
