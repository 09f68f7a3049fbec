// The plots of the page, as SVG by the names of their files. Pure.
import { chart, colours } from '../../plots/chart.ts';
import type { LegendEntry, Panel } from '../../plots/chart.ts';
import type { ColdAndWarm } from '../cases/drain.ts';
import type { LatencyFigures } from '../cases/latency.ts';
import type { BenchmarkResult, CaseFigures } from '../result.ts';
import { median } from '../statistics.ts';

/** Colours of the contestants; whoever is not named here is a peer. */
const colourOf = (name: string): string => ({ now: colours.green, before: colours.orange })[name] ?? colours.blue;

/** Those for which there are figures. */
export function plots({ drain, latency, memory }: BenchmarkResult): Readonly<Record<string, string>> {
  return {
    ...(drain === undefined ? {} : { 'benchmarks-rates.svg': rates(drain.figures) }),
    ...(latency === undefined ? {} : { 'benchmarks-latency.svg': percentiles(latency.figures) }),
    ...(memory === undefined ? {} : { 'benchmarks-memory.svg': growth(memory.figures) }),
  };
}

function rates(figures: CaseFigures['drain']): string {
  const names = Object.keys(figures[0]?.contestants ?? {});
  const panel = (phase: keyof ColdAndWarm): Panel => ({
    kind: 'bars',
    title: `certificates a second, ${phase}`,
    groups: figures.map(({ latencyMilliseconds, reference, contestants }) => ({
      label: `${latencyMilliseconds} ms`,
      bars: [
        { colour: colours.grey, value: median(reference.map(({ perSecond }) => perSecond)) },
        ...names.map((name) => ({
          colour: colourOf(name),
          value: median((contestants[name] ?? []).map((pair) => pair[phase].perSecond)),
        })),
      ],
    })),
  });
  return chart([panel('cold'), panel('warm')], [{ name: 'bare client', colour: colours.grey }, ...legend(names)]);
}

function percentiles(figures: CaseFigures['latency']): string {
  const names = Object.keys(figures);
  const steps = figures[names[0] ?? ''] ?? [];
  const ticks = steps.map(({ inFlight }, at) => ({ at: at + 1, label: String(inFlight) }));
  const panel = (of: 'p50' | 'p95' | 'p99', title: string): Panel => ({
    kind: 'lines',
    title,
    ticks,
    end: steps.length + 0.5,
    logarithmic: true,
    lines: names.map((name) => ({
      colour: colourOf(name),
      points: (figures[name] ?? []).map((each: LatencyFigures, at: number) => [at + 1, each[of]] as const),
    })),
  });
  return chart(
    [
      panel('p50', 'median in ms, by requests under way'),
      panel('p95', '95 % within ms'),
      panel('p99', '99 % within ms'),
    ],
    legend(names),
  );
}

function growth(figures: CaseFigures['memory']): string {
  const names = Object.keys(figures);
  const end = Math.max(...names.flatMap((name) => figures[name]?.afterIssuing.map(({ issued }) => issued) ?? []));
  const panel: Panel = {
    kind: 'lines',
    title: 'resident MiB after so many certificates',
    end,
    ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => ({ at: share * end, label: String(Math.round(share * end)) })),
    lines: names.map((name) => {
      const { idle, afterIssuing = [] } = figures[name] ?? {};
      const points = afterIssuing.map(({ issued, memory }) => [issued, memory.resident] as const);
      return { colour: colourOf(name), points: [[0, idle?.resident ?? 0] as const, ...points] };
    }),
  };
  return chart([panel], legend(names));
}

function legend(names: readonly string[]): readonly LegendEntry[] {
  return names.map((name) => ({ name, colour: colourOf(name) }));
}
