// A page with the panels where Grafana has them: lines with legends, numbers with units, states. A check, no Grafana.
import type { Range } from '../../support/prometheus.ts';
import type { Answered, DashboardModel, Named, PanelModel } from './model.ts';
import { formatted } from './units.ts';

// Grafana's grid: 24 columns, cells of 30 pixels and 8 between.
const cell = { height: 30, gap: 8 };
const palette = ['#73bf69', '#f2cc0c', '#5794f2', '#ff9830', '#f2495c', '#b877d9', '#8ab8ff', '#ffa6b0', '#96d98d'];
const colours: Readonly<Record<string, string>> = { green: '#73bf69', orange: '#ff9830', red: '#f2495c' };
const plot = { width: 1_000, height: 100 };

const style = `
  body { margin: 0; background: #111217; color: #ccccdc; font: 13px Inter, Helvetica, Arial, sans-serif; }
  h1 { margin: 8px; font-size: 18px; }
  main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); grid-auto-rows: ${cell.height}px;
    gap: ${cell.gap}px; padding: 8px; }
  section { display: flex; flex-direction: column; background: #181b1f; border: 1px solid #2c3235; overflow: hidden; }
  section.row { background: none; border: none; }
  h2 { margin: 0; padding: 6px 8px; font-size: 14px; font-weight: 500; flex: none; }
  h2, .axis b, .states b { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  section.stat { container-type: inline-size; }
  .empty { margin: auto; color: #8e8e8e; }
  .value { margin: auto; padding: 0 8px; white-space: nowrap; max-width: 100%; box-sizing: border-box; overflow: hidden; }
  .graph { display: flex; flex: 1; min-height: 0; padding: 0 8px; }
  .axis { display: flex; flex-direction: column; justify-content: space-between; width: 84px; text-align: right;
    padding-right: 6px; font-size: 11px; }
  .axis b { font-weight: 400; }
  svg { flex: 1; min-width: 0; height: 100%; border-left: 1px solid #2c3235; border-bottom: 1px solid #2c3235; }
  path { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
  .legend { flex: none; max-height: 35%; overflow: auto; padding: 6px 8px; font-size: 12px; line-height: 18px; }
  .legend span { display: inline-block; max-width: 100%; margin-right: 12px; overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; vertical-align: top; }
  .legend i { display: inline-block; width: 14px; height: 4px; margin-right: 6px; vertical-align: middle; }
  .states { flex: 1; display: grid; grid-template-columns: 260px minmax(0, 1fr); gap: 4px 8px; padding: 8px; overflow: hidden; }
  .states b { font-weight: 400; text-align: right; }
  .states div { display: flex; }
  .states i { flex: 1; }`;

/** The page in HTML. */
export function dashboardPage({ title }: DashboardModel, panels: readonly Answered[], range: Range): string {
  const sections = panels.map((answered) => section(answered, range)).join('\n');
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style>
    <h1>${escaped(title)}</h1><main>${sections}</main>`;
}

function section({ panel, answers }: Answered, range: Range): string {
  const { x, y, w, h } = panel.gridPos;
  const place = `grid-area: ${y + 1} / ${x + 1} / span ${h} / span ${w}`;
  const head = `<h2 data-checked>${escaped(panel.title)}</h2>`;
  const body = panel.type === 'row' ? '' : bodies[panel.type](panel, answers.flat(), range);
  return `<section class="${panel.type}" style="${place}" data-title="${escaped(panel.title)}">${head}${body}</section>`;
}

const bodies = { stat, timeseries, 'state-timeline': states } as const;
const noData = '<div class="empty">No data</div>';

function stat({ fieldConfig, options }: PanelModel, series: readonly Named[]): string {
  const { unit, decimals, noValue, thresholds } = fieldConfig!.defaults;
  const shown = series.map(({ name, values }) => ({ name, value: values.at(-1)![1] }));
  const texts = shown.map(({ name, value }) => ({
    text: options?.textMode === 'name' ? name : formatted(unit, value, decimals),
    color: thresholds.steps.findLast((step) => step.value === null || value >= step.value)?.color ?? 'green',
  }));
  if (texts.length === 0 && noValue !== undefined) texts.push({ text: noValue, color: 'green' });
  if (texts.length === 0) return noData;
  // Grafana makes the letters as large as fit, within bounds.
  const size = ({ text }: { readonly text: string }) => `clamp(14px, (100cqw - 20px) / ${text.length * 0.62}, 44px)`;
  return texts
    .map(
      (each) =>
        `<div class="value" data-checked style="color:${colours[each.color]};font-size:${size(each)}">${escaped(each.text)}</div>`,
    )
    .join('');
}

function timeseries({ fieldConfig }: PanelModel, series: readonly Named[], range: Range): string {
  const { unit } = fieldConfig!.defaults;
  if (series.length === 0) return noData;
  const finite = series.map(({ values }) => values.filter(([, value]) => Number.isFinite(value)));
  const all = finite.flat().map(([, value]) => value);
  const least = Math.min(0, ...all);
  // A line of zeros lies on the ground.
  const most = Math.max(least, ...all) || 1;
  const x = (seconds: number) => ((seconds - range.start) / (range.end - range.start)) * plot.width;
  const y = (value: number) => plot.height * (1 - (value - least) / (most - least));
  // Where there is no value the line is interrupted.
  const path = (values: Named['values']): string =>
    values
      .map(([seconds, value], index) => {
        const isNext = index > 0 && seconds - values[index - 1]![0] < 1.5 * range.step;
        return `${isNext ? 'L' : 'M'}${x(seconds).toFixed(1)} ${y(value).toFixed(1)}`;
      })
      .join('');
  const lines = finite.map(
    (values, index) => `<path d="${path(values)}" stroke="${palette[index % palette.length]}"/>`,
  );
  const ticks = [most, (most + least) / 2, least].map((value) => `<b data-checked>${formatted(unit, value)}</b>`);
  const legends = series.map(
    ({ name }, index) =>
      `<span data-checked><i style="background:${palette[index % palette.length]}"></i>${escaped(name)}</span>`,
  );
  return `<div class="graph"><div class="axis">${ticks.join('')}</div>
    <svg viewBox="0 0 ${plot.width} ${plot.height}" preserveAspectRatio="none">${lines.join('')}</svg></div>
    <div class="legend">${legends.join('')}</div>`;
}

function states({ fieldConfig }: PanelModel, series: readonly Named[]): string {
  if (series.length === 0) return noData;
  const { mappings, thresholds } = fieldConfig!.defaults;
  const colourOf = (value: number) =>
    colours[thresholds.steps.findLast((step) => step.value === null || value >= step.value)?.color ?? 'green'];
  const known = new Set(mappings.flatMap(({ options }) => Object.keys(options)));
  const rows = series.map(({ name, values }) => {
    const parts = values.map(
      ([, value]) => `<i style="background:${known.has(String(value)) ? colourOf(value) : 'none'}"></i>`,
    );
    return `<b data-checked>${escaped(name)}</b><div>${parts.join('')}</div>`;
  });
  return `<div class="states">${rows.join('')}</div>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
