// The alerts of the chart, evaluated by Prometheus itself: each fires and does not, for series of this release alone.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { promtoolProgram } from '../../control-plane/driver/programs.ts';
import { thresholds } from '../../scripts/alerts/alert.ts';
import type { Alert } from '../../scripts/alerts/alert.ts';
import { alerts } from '../../scripts/alerts/catalogue.ts';
import type { AlertName } from '../../scripts/alerts/catalogue.ts';
import { aspectReasons } from '../../src/controllers/issuers/aspects/reasons.ts';
import { settings } from '../../src/runtime/options.ts';
import { buildHelm, refusal, render } from '../support/helm.ts';
import { buildMs, neighbourProgram } from '../support/neighbours/program.ts';
import { alertCases } from './alert-cases.ts';
import type { Input } from './alert-cases.ts';

interface Rule {
  readonly alert: AlertName;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}
interface Group {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

const runFile = promisify(execFile);
let promtool: string;
let folder: string;
let groups: readonly Group[];

beforeAll(async () => {
  [promtool] = await Promise.all([neighbourProgram(promtoolProgram), buildHelm()]);
  folder = await mkdtemp(join(tmpdir(), 'alerts-'));
  groups = await groupsOf({});
  await writeFile(join(folder, 'rules.yaml'), JSON.stringify({ groups }));
}, buildMs + 60_000);

afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function groupsOf(prometheusRule: object): Promise<readonly Group[]> {
  const manifests = await render({ metrics: { prometheusRule: { enabled: true, ...prometheusRule } } });
  const spec = manifests.find(({ kind }) => kind === 'PrometheusRule')?.['spec'];
  return (spec as { readonly groups: readonly Group[] }).groups;
}

function seriesOf([metric, labels, values]: Input, namespace = 'issuers'): object {
  const all = Object.entries({ namespace, pod: 'a', ...labels }).map(([name, value]) => `${name}="${value}"`);
  return { series: `${metric}{${all.join(',')}}`, values };
}

/** Has Prometheus evaluate all rules with these series; rejects with what it found instead of `expected`. */
async function judge(name: AlertName, series: readonly object[], expected: readonly object[]): Promise<void> {
  const file = join(folder, `${name}.yaml`);
  const alertTest = { eval_time: alertCases[name].at, alertname: name, exp_alerts: expected };
  const test = { interval: '1m', input_series: series, alert_rule_test: [alertTest] };
  await writeFile(file, JSON.stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: [test] }));
  try {
    await runFile(promtool, ['test', 'rules', '--diff', file]);
  } catch (error) {
    throw new Error((error as { readonly stdout?: string }).stdout ?? String(error), { cause: error });
  }
}

const found = (name: AlertName): object => {
  const { severity, runbook } = alerts.get(name) as Alert;
  const { labels, summary } = alertCases[name];
  return {
    exp_labels: { ...labels, severity },
    exp_annotations: {
      summary,
      description: runbook.meaning,
      runbook_url: `docs/alerts.md#${name.toLowerCase()}`,
    },
  };
};

it('the rules are sound in the eyes of Prometheus', async () => {
  const { stdout } = await runFile(promtool, [
    'check',
    'rules',
    '--lint=all',
    '--lint-fatal',
    join(folder, 'rules.yaml'),
  ]);
  expect(stdout).toContain(`SUCCESS: ${alerts.size} rules found`);
});

describe.each([...alerts.keys()])('%s', (name) => {
  const { fires, quiet, isAbsence } = alertCases[name];

  it('fires', async () => {
    await judge(
      name,
      fires.map((input) => seriesOf(input)),
      [found(name)],
    );
  });

  it('does not fire where all is well', async () => {
    await judge(
      name,
      quiet.map((input) => seriesOf(input)),
      [],
    );
  });

  it('does not take other releases for its own', async () => {
    await judge(
      name,
      fires.map((input) => seriesOf(input, 'elsewhere')),
      isAbsence === true ? [found(name)] : [],
    );
  });
});

it('each warning of an issuer has an alert', async () => {
  const asked = groups[0]?.rules.flatMap(({ expr }) => [
    ...expr.matchAll(/pca_issuer_issuer_warning\{reason=~?"([^"]*)"/g),
  ]);
  const reasons = asked?.flatMap(([, each = '']) => each.split('|')) ?? [];
  const warnings = Object.entries(aspectReasons).filter(([, { isWarning }]) => isWarning);
  expect(reasons.toSorted()).toEqual(warnings.map(([reason]) => reason).toSorted());
});

it('each alert has one section in docs/alerts.md, where its runbook_url leads', async () => {
  const page = await readFile(fileURLToPath(new URL('../../docs/alerts.md', import.meta.url)), 'utf8');
  const anchors = [...page.matchAll(/^### (\w+)$/gm)].map(([, title = '']) => `docs/alerts.md#${title.toLowerCase()}`);
  expect(groups.flatMap(({ rules }) => rules).map(({ annotations }) => annotations.runbook_url)).toEqual(anchors);
});

it('three intervals between checks are too many', () => {
  expect([thresholds.notCheckedSeconds.default, settings['issuer-check-interval'].default]).toEqual([3 * 5 * 60, '5m']);
});

describe('values', () => {
  it('set where and how the alerts go', async () => {
    const [group] = await groupsOf({
      interval: '2m',
      selector: 'cluster="a", job=~"pca|issuer"',
      alertLabels: { team: 'pki' },
      runbookUrl: 'https://example.com/alerts',
      disabledAlerts: ['AlibabaPCAIssuerOperatorDown', 'AlibabaPCAIssuerNoLeader'],
      thresholds: { notCheckedSeconds: 1_800 },
    });
    const rule = group?.rules.find(({ alert }) => alert === 'AlibabaPCAIssuerNotChecked');
    expect([group?.name, group?.interval, group?.rules.length, rule?.expr, rule?.labels]).toEqual([
      'alibaba-pca-issuer',
      '2m',
      alerts.size - 2,
      'time() - max by (issuer_kind, issuer_namespace, issuer) (pca_issuer_issuer_last_check_timestamp_seconds{cluster="a", job=~"pca|issuer"}) > 1800',
      { severity: 'critical', team: 'pki' },
    ]);
    expect(rule?.annotations.runbook_url).toBe('https://example.com/alerts#alibabapcaissuernotchecked');
  });

  it('make no rules unless they are wanted', async () => {
    expect((await render()).filter(({ kind }) => kind === 'PrometheusRule')).toEqual([]);
  });

  it.each<[object, string]>([
    [{ disabledAlerts: ['NotReady'] }, 'value must be one of'],
    [{ thresholds: { pending: 1 } }, "additional properties 'pending' not allowed"],
    [{ thresholds: { pendingSeconds: -1 } }, 'minimum'],
  ])('%j are refused', async (prometheusRule, message) => {
    expect(await refusal({ metrics: { prometheusRule } })).toContain(message);
  });
});
