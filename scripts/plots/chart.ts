// Panels of lines and of bars as one SVG.

/** One line of a panel. */
export interface Line {
  readonly colour: string;
  /** x and y; x rises. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: true;
}

/** Bars beside each other under one label. */
export interface BarGroup {
  readonly label: string;
  readonly bars: readonly { readonly colour: string; readonly value: number }[];
}

/** Where the x axis is labelled. */
interface Tick {
  readonly at: number;
  readonly label: string;
}

/** One panel. */
export type Panel =
  | {
      readonly kind: 'lines';
      readonly title: string;
      readonly lines: readonly Line[];
      readonly ticks: readonly Tick[];
      /** Right end of the x axis. */
      readonly end: number;
      /** Each step of the y axis is ten times the one before. */
      readonly logarithmic?: true;
    }
  | { readonly kind: 'bars'; readonly title: string; readonly groups: readonly BarGroup[] };

/** An entry of the legend; a bar's is a line too. */
export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: true;
}

/** Colours for what is told apart. */
export const colours = { grey: '#999', green: '#0a6', orange: '#c50', blue: '#36c', light: '#8cc' } as const;

const width = 400;
const height = 190;
const margin = { left: 52, right: 12, top: 30, bottom: 30 };
const base = height - margin.bottom;

/** The panels, two in a row, with one legend. */
export function chart(panels: readonly Panel[], legend: readonly LegendEntry[]): string {
  const rows = Math.ceil(panels.length / 2);
  const [all, tall] = [width * 2, rows * height + 40];
  const entryWidth = Math.min(195, (all - 20) / legend.length);
  const entries = legend.map(
    ({ name, colour, dashed }, index) =>
      `<g transform="translate(${20 + index * entryWidth},${tall - 14})"><line x2="22" y1="-4" y2="-4" stroke="${colour}" stroke-width="2"${dashes(dashed)}/><text x="28">${name}</text></g>`,
  );
  const drawn = panels.map(
    (panel, index) =>
      `<g transform="translate(${(index % 2) * width},${Math.floor(index / 2) * height})">${draw(panel)}</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all} ${tall}" font-family="sans-serif" font-size="11" fill="#333">`,
    `<rect width="${all}" height="${tall}" fill="#fff"/>`,
    ...drawn,
    ...entries,
    '</svg>',
    '',
  ].join('\n');
}

function draw(panel: Panel): string {
  return [
    `<text x="${margin.left}" y="18" font-weight="bold">${panel.title}</text>`,
    `<path d="M${margin.left} ${margin.top}V${base}H${width - margin.right}" fill="none" stroke="#999"/>`,
    ...(panel.kind === 'lines' ? lines(panel) : bars(panel)),
  ].join('');
}

function lines({ lines: all, ticks, end, logarithmic }: Extract<Panel, { kind: 'lines' }>): readonly string[] {
  const values = all.flatMap(({ points }) => points.map(([, y]) => y));
  const scale = logarithmic === true ? logarithmicScale(values) : linearScale(values);
  const x = (at: number): number => margin.left + (at / end) * (width - margin.left - margin.right);
  const paths = all.map(({ colour, points, dashed }) => {
    const text = points.map(([at, value]) => `${x(at).toFixed(1)},${scale.y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${text}" fill="none" stroke="${colour}" stroke-width="1.6"${dashes(dashed)}/>`;
  });
  return [...scale.labels, ...ticks.map(({ at, label }) => tick(x(at), label)), ...paths];
}

function bars({ groups }: Extract<Panel, { kind: 'bars' }>): readonly string[] {
  const scale = linearScale(groups.flatMap(({ bars: all }) => all.map(({ value }) => value)));
  const groupWidth = (width - margin.left - margin.right) / Math.max(1, groups.length);
  const drawn = groups.flatMap(({ label, bars: all }, index) => {
    const left = margin.left + index * groupWidth;
    const barWidth = (groupWidth * 0.8) / Math.max(1, all.length);
    const rects = all.map(({ colour, value }, at) => {
      const [x, y] = [left + groupWidth * 0.1 + at * barWidth, scale.y(value)];
      return [
        `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${(barWidth * 0.9).toFixed(1)}" height="${(base - y).toFixed(1)}" fill="${colour}"/>`,
        `<text x="${(x + barWidth * 0.45).toFixed(1)}" y="${(y - 3).toFixed(1)}" text-anchor="middle" font-size="9">${short(value)}</text>`,
      ].join('');
    });
    return [...rects, tick(left + groupWidth / 2, label)];
  });
  return [...scale.labels, ...drawn];
}

interface Scale {
  readonly y: (value: number) => number;
  readonly labels: readonly string[];
}

function linearScale(values: readonly number[]): Scale {
  const most = Math.max(0, ...values);
  const highest = most === 0 ? 1 : most * 1.05;
  const y = (value: number): number => base - (value / highest) * (base - margin.top);
  return { y, labels: [0, 0.5, 1].map((share) => axisLabel(y, (highest / 1.05) * share)) };
}

function logarithmicScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive))));
  const y = (value: number): number => base - ((Math.log10(value) - low) / (high - low)) * (base - margin.top);
  return { y, labels: Array.from({ length: high - low + 1 }, (_, step) => axisLabel(y, 10 ** (low + step))) };
}

function axisLabel(y: (value: number) => number, value: number): string {
  return `<text x="${margin.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${short(value)}</text>`;
}

function tick(x: number, label: string): string {
  return `<text x="${x.toFixed(1)}" y="${base + 16}" text-anchor="middle">${label}</text>`;
}

function short(value: number): string {
  return value > 0 && value < 10 ? String(Number(value.toFixed(1))) : String(Math.round(value));
}

const dashes = (dashed: true | undefined): string => (dashed === true ? ' stroke-dasharray="5 3"' : '');
