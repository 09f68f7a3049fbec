// Lines over seconds as SVG: one panel for each scenario.

/** One line of a panel; a value for each second. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
  readonly dashed?: true;
}

/** One panel. */
export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const width = 400;
const height = 190;
const margin = { left: 52, right: 12, top: 30, bottom: 30 };

/** The panels, two in a row, with one legend. */
export function chart(panels: readonly Panel[], legend: readonly Pick<Line, 'name' | 'colour' | 'dashed'>[]): string {
  const rows = Math.ceil(panels.length / 2);
  const [all, tall] = [width * 2, rows * height + 40];
  const entries = legend.map(
    ({ name, colour, dashed }, index) =>
      `<g transform="translate(${20 + index * 195},${tall - 14})"><line x2="22" y1="-4" y2="-4" stroke="${colour}" stroke-width="2"${dashes(dashed)}/><text x="28">${name}</text></g>`,
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

function draw({ title, lines }: Panel): string {
  const seconds = Math.max(...lines.map(({ values }) => values.length));
  const highest = Math.max(...lines.flatMap(({ values }) => values)) * 1.05;
  const x = (second: number): number => margin.left + (second / seconds) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    height - margin.bottom - (value / highest) * (height - margin.top - margin.bottom);
  const ticks = [0, 0.5, 1].map((share) => {
    const value = (highest / 1.05) * share;
    return `<text x="${margin.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${Math.round(value)}</text>`;
  });
  const times = [0, 30, 60, 90, 120]
    .filter((second) => second <= seconds)
    .map(
      (second) =>
        `<text x="${x(second).toFixed(1)}" y="${height - margin.bottom + 16}" text-anchor="middle">${second} s</text>`,
    );
  const paths = lines.map(({ colour, values, dashed }) => {
    const points = values.map((value, second) => `${x(second).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.6"${dashes(dashed)}/>`;
  });
  const base = height - margin.bottom;
  return [
    `<text x="${margin.left}" y="18" font-weight="bold">${title}</text>`,
    `<path d="M${margin.left} ${margin.top}V${base}H${width - margin.right}" fill="none" stroke="#999"/>`,
    ...ticks,
    ...times,
    ...paths,
  ].join('');
}

const dashes = (dashed: true | undefined): string => (dashed === true ? ' stroke-dasharray="5 3"' : '');
