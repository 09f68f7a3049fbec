// A capacity as text: a table for people, JSON and YAML for programs.
import { stringify } from 'yaml';
import { formatDuration } from '../issuing/duration.ts';
import type { OutputForm } from '../command-line/flags.ts';
import type { Capacity } from './capacity.ts';
import type { Alternative, Change } from './changes.ts';
import { daySeconds } from './question.ts';
import type { CapacityQuestion } from './question.ts';

type Row = readonly [name: string, value: string];

/** Writes question and answer in this form, with a newline at the end. */
export function render(question: CapacityQuestion, capacity: Capacity, form: OutputForm): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify({ question, ...capacity }, undefined, 2)}\n`;
    case 'yaml':
      return stringify({ question, ...capacity }, { lineWidth: 0 });
    case 'table':
      return table(question, capacity);
  }
}

function table(question: CapacityQuestion, capacity: Capacity): string {
  const { workloads, lifetimeSeconds, pcaLimit } = question;
  const title = `${several(workloads, 'workload')}, certificates of ${span(lifetimeSeconds)}, each renewed after ${span(capacity.renewedEverySeconds)}; at most ${several(pcaLimit, 'call')} per second`;
  const rows = rowsOf(question, capacity);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    title,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    ...(capacity.suffices ? ['All of it suffices.'] : ['What to change', ...adviceOn(question, capacity)]),
    '',
  ].join('\n');
}

function rowsOf(question: CapacityQuestion, capacity: Capacity): readonly Row[] {
  const { certificates, calls, quota, restart, storm, issuanceLimits } = capacity;
  const { perHour, perDay, perYear, perWorkloadAndYear } = certificates;
  const { workloads, clientTimeoutSeconds } = question;
  const share = counted(calls.shareOfLimit * 100);
  return [
    [
      'Certificates',
      `${counted(perHour)} an hour, ${counted(perDay)} a day, ${counted(perYear)} a year; a workload renews ${counted(perWorkloadAndYear)} times a year`,
    ],
    ['Calls', `${counted(calls.perSecond)} per second on average, ${share} % of the limit${tooFew(calls)}`],
    ['Quota', quotaInWords(quota)],
    [
      'Restart',
      restart.suffices
        ? `${several(workloads, 'start')} at once: the last certificate after ${span(restart.seconds)}`
        : `${several(workloads, 'start')} at once: the last certificate after ${span(restart.seconds)}; of the clients, ${counted(restart.givenUp)} give up after ${span(clientTimeoutSeconds)} and ask anew`,
    ],
    [
      'Storm',
      `${several(workloads, 'renewal')} ${storm.withinSeconds === 0 ? 'at once' : `within ${span(storm.withinSeconds)}`}: the last one after ${span(storm.seconds)}; each certificate has ${span(storm.spareSeconds)} left${expiry(storm)}`,
    ],
    ['Limits', limitsInWords(issuanceLimits)],
  ];
}

function tooFew({ suffices }: Capacity['calls']): string {
  return suffices ? '' : ': requests pile up';
}

function quotaInWords(quota: Capacity['quota']): string {
  if (quota === undefined) return 'not given (--quota)';
  const { certificates, lastsSeconds, suffices } = quota;
  return `${counted(certificates)} certificates last ${span(lastsSeconds)}${suffices ? '' : ', less than a year'}`;
}

function limitsInWords(limits: Capacity['issuanceLimits']): string {
  const words = Object.entries(limits).map(([name, value]) => `${name}: ${value}`);
  return words.length === 0
    ? 'none in spec.issuanceLimits can leave room for a restart'
    : `${words.join(' and ')} in spec.issuanceLimits leave room for a restart`;
}

function expiry({ expired }: Capacity['storm']): string {
  return expired === 0 ? '' : `, and of them ${counted(expired)} end before they are renewed`;
}

const shortageInWords: Readonly<Record<Change['shortage'], string>> = {
  calls: 'PCA allows fewer calls than the renewals take',
  quota: 'The quota does not last a year',
  restart: 'After a restart of everything, clients give up before their turn',
  storm: 'In a renewal storm, certificates end before they are renewed',
};

function adviceOn(question: CapacityQuestion, { changes }: Capacity): readonly string[] {
  return [
    ...changes.map(({ shortage, alternatives }) => {
      const words = alternatives.map((each) => inWords(each, question));
      return `  - ${shortageInWords[shortage]}: ${words.join(', or ')}.`;
    }),
    '  - Instead of all that: let the mesh issue itself, below an intermediate CA (spec.externalCA). Workloads then take no',
    '    calls and no certificates of PCA; a renewal of the intermediate CA takes one bought instance.',
  ];
}

function inWords({ setting, value }: Alternative, { clientTimeoutSeconds }: CapacityQuestion): string {
  switch (setting) {
    case 'pcaLimit':
      return `have the limit raised to ${exact(value)} calls per second`;
    case 'quota':
      return `have ${exact(value)} certificates a year`;
    case 'lifetimeSeconds':
      return `let certificates live ${brief(value)}`;
    case 'renewAt':
      return `renew at ${exact(value)} of the lifetime`;
    case 'workloads':
      return `start at most ${exact(value)} workloads in ${brief(clientTimeoutSeconds)}`;
    case 'stormSeconds':
      return `spread renewals over ${brief(value)}`;
  }
}

// Rounded, a value might not suffice any more.
function exact(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function several(count: number, what: string): string {
  return `${counted(count)} ${what}${count === 1 ? '' : 's'}`;
}

/** A number for people: three digits, thousands apart. */
export function counted(value: number): string {
  const digits = value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 };
  return value.toLocaleString('en-US', digits);
}

/** A duration for people: in whole seconds, without units that are zero; in days where it is long. */
export function span(seconds: number): string {
  return seconds >= 100 * daySeconds ? `${counted(seconds / daySeconds)} days` : brief(Math.round(seconds));
}

function brief(seconds: number): string {
  const [withSeconds, withMinutes] = [formatDuration(seconds), formatDuration(seconds).slice(0, -'0s'.length)];
  if (!withSeconds.endsWith('m0s')) return withSeconds;
  return withMinutes.endsWith('h0m') ? withMinutes.slice(0, -'0m'.length) : withMinutes;
}
