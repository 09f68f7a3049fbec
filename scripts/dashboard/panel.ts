// What the dashboard shows, as data, and the model of Grafana that it becomes.
import type { Query } from './query.ts';

/** Names of Grafana for what a number is. */
export type Unit = 'short' | 'none' | 's' | 'dtdurations' | 'cps' | 'reqps' | 'percentunit' | 'bytes';

/** A colour from this value on. */
export interface Step {
  readonly color: 'green' | 'orange' | 'red';
  /** null: from the least one on. */
  readonly value: number | null;
}

/** One panel. */
export interface Panel {
  readonly title: string;
  /** What it tells, and what to do about it. */
  readonly description: string;
  readonly type: 'timeseries' | 'stat' | 'state-timeline';
  readonly unit: Unit;
  /** Columns of 24; 8 unless given. */
  readonly width?: number;
  readonly queries: readonly [Query, ...Query[]];
  readonly steps?: readonly Step[];
  /** Words instead of values. */
  readonly words?: Readonly<Record<string, readonly [text: string, color: Step['color']]>>;
  /** What is said where there is no series, as a good thing. */
  readonly noValue?: string;
  /** A stat that shows the name of its series. */
  readonly showsName?: true;
}

/** Panels below a title. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const datasource = { type: 'prometheus', uid: '${datasource}' };
const columns = 24;
const heights = { timeseries: 8, stat: 4, 'state-timeline': 8 } as const;

/** The panels as Grafana has them, row below row. */
export function placed(rows: readonly Row[]): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: ofRow } of rows) {
    panels.push(rowHead(panels.length + 1, title, y));
    y += 1;
    let x = 0;
    let lowest = y;
    for (const panel of ofRow) {
      const { width: w = 8 } = panel;
      if (x + w > columns) [x, y] = [0, lowest];
      const h = heights[panel.type];
      panels.push(modelOf(panels.length + 1, panel, { x, y, w, h }));
      x += w;
      lowest = Math.max(lowest, y + h);
    }
    y = lowest;
  }
  return panels;
}

function rowHead(id: number, title: string, y: number): object {
  return { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] };
}

function modelOf(id: number, panel: Panel, gridPos: object): object {
  const { type, title, description, unit, queries, steps = [{ color: 'green', value: null }], words, noValue } = panel;
  const mappings = Object.entries(words ?? {}).map(([value, [text, color]], index) => ({
    type: 'value',
    options: { [value]: { text, color, index } },
  }));
  return {
    id,
    type,
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        // Counters grow by parts where Prometheus estimates them.
        ...(type === 'stat' && unit !== 'dtdurations' ? { decimals: 0 } : {}),
        color: { mode: type === 'timeseries' ? 'palette-classic' : 'thresholds' },
        thresholds: { mode: 'absolute', steps },
        mappings,
        ...(noValue === undefined ? {} : { noValue }),
        ...(type === 'timeseries' ? { min: 0, custom: { lineWidth: 1, fillOpacity: 10, showPoints: 'never' } } : {}),
      },
      overrides: [],
    },
    options: optionsOf(panel),
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource,
      expr,
      legendFormat: legend,
      editorMode: 'code',
      ...(type === 'stat' ? { instant: true, range: false } : { instant: false, range: true }),
    })),
  };
}

function optionsOf({ type, showsName }: Panel): object {
  switch (type) {
    case 'timeseries':
      return {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      };
    case 'stat':
      return {
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        colorMode: 'value',
        graphMode: 'none',
        textMode: showsName === true ? 'name' : 'auto',
      };
    case 'state-timeline':
      return { legend: { showLegend: false }, rowHeight: 0.8, showValue: 'never', mergeValues: true };
  }
}
