// The dashboard as people see it: its queries answered by Prometheus of an operator at work, and drawn by a browser.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { dashboardFile } from '../../../scripts/dashboard/dashboard.ts';
import { findChromium, noChromium } from '../../support/chromium.ts';
import { chart } from '../../support/helm.ts';
import { buildMs } from '../../support/neighbours/program.ts';
import { Prometheus } from '../../support/prometheus.ts';
import type { Range } from '../../support/prometheus.ts';
import { until } from '../../support/wait.ts';
import { World } from '../../support/world.ts';
import { act, happened, quickFlags } from './activity.ts';
import { answered, choices } from './model.ts';
import type { Answered, DashboardModel } from './model.ts';
import { dashboardPage } from './page.ts';

const pod = 'alibaba-pca-issuer-6d5f8c9b7d-x2x4q';
// In which the last of what happened is scraped often enough to be a line.
const scrapesAfterwards = 6;
let world: World | undefined;
let prometheus: Prometheus | undefined;
let browser: Browser | undefined;
let dashboard: DashboardModel;
let range: Range;
let panels: readonly Answered[];

beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(noChromium);
  dashboard = JSON.parse(await readFile(join(chart, dashboardFile), 'utf8')) as DashboardModel;
  world = await World.start({ flags: quickFlags });
  const { namespace, operator } = world;
  prometheus = await Prometheus.start(new URL(operator.address).host, { namespace, pod });
  const start = Date.now() / 1_000;
  await act(world);
  const undecided = 'pca_issuer_open_requests{approval="Undecided"}';
  const settled = `${undecided} and count_over_time(${undecided}[1h]) >= ${scrapesAfterwards}`;
  const last = await until('the end to be scraped', async () => (await prometheus!.instant(settled))[0]);
  range = { start, end: last.values[0]![0], step: 1 };
  panels = await Promise.all(dashboard.panels.map(async (panel) => answered(prometheus!, panel, range)));
  // Its sandbox needs a user other than root; the page is our own.
  browser = await chromium.launch({ executablePath, chromiumSandbox: false });
}, buildMs);

afterAll(async () => {
  await Promise.all([browser?.close(), prometheus?.stop(), world?.stop()]);
});

const named = (wanted: string): Answered => panels.find(({ panel: { title } }) => title === wanted)!;
const withoutNamespace = (legend: string): string => legend.replace(/payments-\w+/, 'NAMESPACE');
// It comes and goes with how quickly the API server serves the CRDs.
const byChance = '{{resource}}: {{kind}}';

it('each query has an answer, except for what did not happen here', () => {
  const without = panels.flatMap(({ panel, answers }) =>
    (panel.targets ?? [])
      .filter(({ legendFormat }, index) => legendFormat !== byChance && answers[index]!.length === 0)
      .map(({ legendFormat }) => `${panel.title}: ${legendFormat}`),
  );
  expect(without).toEqual([
    // An operator that ended before it wrote a certificate to its request.
    'Adopted, without request, revoked: adopted',
    // Minutes without an answer from PCA.
    'Adopted, without request, revoked: call without request: {{result}}',
    // A defect of the operator.
    'Hangs, trouble of watches, lost lines and spans: {{controller}}: hangs',
    // A collector of traces that is away.
    'Hangs, trouble of watches, lost lines and spans: spans lost',
  ]);
});

it('what happened once is seen', () => {
  const seen = (title: string) =>
    named(title).answers.flatMap((series) =>
      series.map(({ name, values }) => [withoutNamespace(name), values.some(([, value]) => value > 0)]),
    );
  expect(['Refused', 'Held'].map(seen)).toEqual([
    [['AlternativeNamesMismatch: NAMESPACE/pca', true]],
    [['IssuanceLimitReached: NAMESPACE/limited', true]],
  ]);
});

it('who chooses an issuer sees it alone', async () => {
  const { answers } = await answered(prometheus!, named('Ready').panel, range, 'pca');
  expect(answers.flat().map(({ name }) => withoutNamespace(name))).toEqual(['NAMESPACE/pca']);
});

it('its variables offer the namespace of the chart and each issuer', async () => {
  expect(await choices(prometheus!, dashboard, range)).toEqual({
    namespace: [world!.namespace],
    issuer: ['authorities', 'ending', 'failover', 'limited', 'pca', 'revoked', 'role', 'shared'],
  });
});

it('the numbers at a glance are those of what happened', () => {
  const numbers = panels
    .filter(({ panel: { type, title } }) => type === 'stat' && title !== 'Version')
    .map(({ panel, answers }) => [panel.title, answers.flat().map(({ values }) => values[0]![1])]);
  expect(Object.fromEntries(numbers)).toEqual({
    'Issuers not ready': [1],
    // Prometheus estimates what happened between scrapes.
    Certificates: [expect.closeTo(happened.issued, -1)],
    'Failed for good': [happened.failed],
    'Oldest approved request': [expect.closeTo(range.end - range.start, -2)],
    'First CA to end': [expect.closeTo(20 * 86_400, -3)],
  });
});

it.each([1_280, 1_920])('in a window of %i pixels nothing is cut off', async (width) => {
  const page = await browser!.newPage({ viewport: { width, height: 1_000 } });
  await page.setContent(dashboardPage(dashboard, panels, range));
  // Where a picture is left for whoever changes the dashboard.
  const screenshot = process.env['DASHBOARD_SCREENSHOT'];
  if (screenshot !== undefined) await page.screenshot({ path: `${screenshot}-${width}.png`, fullPage: true });
  const cut = await page.evaluate<readonly string[]>(`
    [...document.querySelectorAll('[data-checked]')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.closest('section').dataset.title + ': ' + element.textContent)`);
  await page.close();
  expect(cut).toEqual([]);
});
