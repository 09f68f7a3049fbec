// Numbers as Grafana writes them in the units that the dashboard uses.
import type { Unit } from '../../../scripts/dashboard/panel.ts';

type Scale = readonly (readonly [factor: number, text: string])[];

const thousands: Scale = [
  [1, ''],
  [1e3, ' K'],
  [1e6, ' Mil'],
  [1e9, ' Bil'],
];
const bytes: Scale = [
  [1, ' B'],
  [1_024, ' KiB'],
  [1_048_576, ' MiB'],
  [1_073_741_824, ' GiB'],
];
const seconds: Scale = [
  [1e-6, ' µs'],
  [1e-3, ' ms'],
  [1, ' s'],
  [60, ' mins'],
  [3_600, ' hours'],
  [86_400, ' days'],
  [604_800, ' weeks'],
  [31_536_000, ' years'],
];
const durations: Scale = [
  [31_536_000, 'year'],
  [2_628_000, 'month'],
  [604_800, 'week'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
  [1e-3, 'millisecond'],
];

const formats: Readonly<Record<Unit, (value: number, decimals?: number) => string>> = {
  none: plain,
  short: scaled(thousands),
  s: scaled(seconds),
  dtdurations: duration,
  cps: (value, decimals) => `${scaled(thousands)(value, decimals)} c/s`,
  reqps: (value, decimals) => `${scaled(thousands)(value, decimals)} req/s`,
  percentunit: (value, decimals) => `${plain(value * 100, decimals)}%`,
  bytes: scaled(bytes),
};

/** The value with its unit. */
export function formatted(unit: Unit, value: number, decimals?: number): string {
  return formats[unit](value, decimals);
}

function scaled(scale: Scale): (value: number, decimals?: number) => string {
  return (value, decimals) => {
    const [factor, text] = scale.findLast(([least]) => Math.abs(value) >= least) ?? [
      1,
      scale === seconds ? ' s' : scale[0]![1],
    ];
    return `${plain(value / factor, decimals)}${text}`;
  };
}

/** The greatest unit that fits, as a whole number. */
function duration(value: number): string {
  if (value < 0) return `${duration(-value)} ago`;
  const [factor, text] = durations.find(([least]) => value >= least) ?? [1, 'second'];
  const count = Math.floor(value / factor);
  return `${count} ${text}${count === 1 ? '' : 's'}`;
}

function plain(value: number, decimals?: number): string {
  if (decimals !== undefined) return value.toFixed(decimals);
  return String(Number(value.toPrecision(3)));
}
