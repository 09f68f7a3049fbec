// The generated parts of docs/mesh/sizing.md: the subcommand `capacity` as it answers, and fleets that it was asked about.
import { runCapacityCommand } from '../../src/capacity-command/capacity-command.ts';
import { capacityOf } from '../../src/capacity-command/capacity.ts';
import { capacityManual } from '../../src/capacity-command/manual.ts';
import { daySeconds, hourSeconds } from '../../src/capacity-command/question.ts';
import type { CapacityQuestion } from '../../src/capacity-command/question.ts';
import { counted, span } from '../../src/capacity-command/rendering.ts';
import { helpText } from '../../src/command-line/help.ts';
import { markdownTable } from './generated-section.ts';

const example = ['--workloads', '2000', '--lifetime', '24h', '--renew-at', '0.5', '--pca-limit', '10'];

/** A run of the command, as a terminal shows it. */
export function capacityExample(): string {
  let output = '';
  const write = (text: string): string => (output += text);
  const code = runCapacityCommand(example, { out: write, err: write });
  return block(`$ alibaba-pca-issuer capacity ${example.join(' ')}\n${output}$ echo $?\n${code}`);
}

/** The help of the command. */
export function capacityHelpText(): string {
  return block(helpText(capacityManual).trimEnd());
}

interface Fleet {
  readonly what: string;
  /** What each renewal takes. */
  readonly bought: 'certificates' | 'instances';
  readonly question: CapacityQuestion;
}

const yearly = 365 * daySeconds;
const base: CapacityQuestion = {
  workloads: 2000,
  lifetimeSeconds: daySeconds,
  renewAt: 0.5,
  startsPerDay: 0,
  pcaLimit: 10,
  quota: undefined,
  stormSeconds: 0,
  clientTimeoutSeconds: 60,
};
const ca: CapacityQuestion = { ...base, workloads: 1, lifetimeSeconds: yearly };
// Thirty days before the end of a year.
const lastMonth = (yearly - 30 * daySeconds) / yearly;

const fleets: readonly Fleet[] = [
  { what: 'Istio with its defaults, 200 proxies', bought: 'certificates', question: { ...base, workloads: 200 } },
  { what: 'Istio with its defaults, 2,000 proxies', bought: 'certificates', question: base },
  { what: 'Istio with its defaults, 10,000 proxies', bought: 'certificates', question: { ...base, workloads: 10_000 } },
  {
    what: '`SECRET_TTL=2160h`, 2,000 proxies',
    bought: 'certificates',
    question: { ...base, lifetimeSeconds: 90 * daySeconds },
  },
  {
    what: '`SECRET_TTL=2160h`, 2,000 proxies, and 300 pods start in a day',
    bought: 'certificates',
    question: { ...base, lifetimeSeconds: 90 * daySeconds, startsPerDay: 300 },
  },
  {
    what: '`SECRET_TTL=1h`, 10,000 proxies',
    bought: 'certificates',
    question: { ...base, workloads: 10_000, lifetimeSeconds: hourSeconds },
  },
  {
    what: 'Certificates of cert-manager with its defaults, 500',
    bought: 'certificates',
    question: { ...base, workloads: 500, lifetimeSeconds: 90 * daySeconds, renewAt: 2 / 3 },
  },
  {
    what: 'istiod below an intermediate CA, `renewBefore: 720h`; any number of proxies',
    bought: 'instances',
    question: { ...ca, renewAt: lastMonth },
  },
  {
    what: "the same with cert-manager's default, at two thirds",
    bought: 'instances',
    question: { ...ca, renewAt: 2 / 3 },
  },
  {
    what: '1 SPIRE server, `ca_ttl = "8760h"`; any number of workloads',
    bought: 'instances',
    question: { ...ca, renewAt: lastMonth },
  },
  {
    what: '3 SPIRE servers, the same',
    bought: 'instances',
    question: { ...ca, workloads: 3, renewAt: lastMonth },
  },
  {
    what: "1 SPIRE server with SPIRE's default of 24 h",
    bought: 'instances',
    question: { ...ca, lifetimeSeconds: daySeconds },
  },
];

/** What each fleet takes of PCA. */
export function fleetsTable(): string {
  const rows = fleets.map(({ what, bought, question }) => {
    const { renewedEverySeconds, certificates, calls, restart } = capacityOf(question);
    const isFleet = bought === 'certificates';
    return [
      what,
      `${span(question.lifetimeSeconds)}, ${span(renewedEverySeconds)}`,
      `${counted(certificates.perYear)} ${bought}`,
      isFleet ? counted(certificates.perHour) : '–',
      isFleet ? `${counted(calls.shareOfLimit * 100)} %` : '–',
      isFleet ? `${span(restart.seconds)}; ${counted(restart.givenUp)}` : '–',
    ];
  });
  const head = [
    'Fleet',
    'Lifetime, renewed after',
    'In a year',
    'Certificates in an hour',
    'Share of 10 calls/s',
    'Restart of all at 10 calls/s; clients that give up',
  ];
  return markdownTable(head, rows);
}

/** What a test measured, with istiod's own code, as docs/mesh/istio-load.json has it. */
export interface MeshLoad {
  /** Calls that PCA accepts in a second. */
  readonly limit: number;
  readonly certificates: number;
  readonly atATime: number;
  /** Workloads that got none because istiod stopped waiting after 60 s. */
  readonly gaveUp: number;
  /** Seconds from the first request to the last answer. */
  readonly seconds: number;
  /** Seconds from a request to its answer. */
  readonly wait: { readonly median: number; readonly p95: number; readonly longest: number };
}

/** How long workloads waited, from the content of docs/mesh/istio-load.json. */
export function loadTable(json: string): string {
  const loads = JSON.parse(json) as readonly MeshLoad[];
  const rows = loads.map(({ limit, certificates, atATime, gaveUp, seconds, wait }) =>
    [
      `${counted(limit)} a second`,
      `${certificates}, ${atATime} at a time`,
      `${seconds} s`,
      `${wait.median} s`,
      `${wait.p95} s`,
      `${wait.longest} s`,
      gaveUp,
    ].map(String),
  );
  const head = [
    'PCA accepts',
    'Workloads',
    'All answered after',
    'Median wait',
    '95 % waited at most',
    'Longest',
    'Gave up',
  ];
  return markdownTable(head, rows);
}

function block(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
