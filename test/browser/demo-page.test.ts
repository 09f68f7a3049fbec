// The demo's page as people meet it: in a browser, with a mouse, with the keyboard, in light and dark.
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { pageFaults } from '../../scripts/demo/page/faults.ts';
import { renderPage } from '../../scripts/demo/page/html.ts';
import { callRows, certificateRow, issuerRow, requestRow } from '../../scripts/demo/page/rows.ts';
import { servePage } from '../../scripts/demo/page/server.ts';
import type { PageServer } from '../../scripts/demo/page/server.ts';
import type { PageState } from '../../scripts/demo/page/state.ts';
import { findChromium, noChromium } from '../support/chromium.ts';
import { contrast } from '../support/contrast.ts';

const hostile = `<img src=x onerror="document.title='struck'">'"&</td></script><script>document.title='struck'</script>`;
const creationTimestamp = '2026-12-01T10:00:00Z';
const moment = '2046-12-01T00:00:00Z';

function state(name: string): PageState {
  const object = (kind: string, status: string, reason: string) => ({
    kind,
    metadata: { name, namespace: name, uid: `${kind} of ${name}`, creationTimestamp },
    status: { conditions: [{ type: 'Ready', status, reason, message: `Words about ${name}.` }], notAfter: moment },
  });
  const call = { version: '1', time: creationTimestamp, parameters: { Identifier: name } };
  return {
    tables: {
      issuers: [issuerRow(object('AlibabaPCAIssuer', 'False', 'PermissionDenied'))],
      certificates: [certificateRow(object('Certificate', 'True', 'Ready'))],
      requests: [
        requestRow(object('CertificateRequest', 'False', 'Failed')),
        requestRow({
          ...object('CertificateRequest', 'False', 'Pending'),
          metadata: { name: 'other', uid: 'other', creationTimestamp },
        }),
      ],
      calls: callRows([{ ...call, action: name, requestId: 'R1', outcome: name, milliseconds: 3 }]),
    },
    summary: `About ${name}.`,
    faults: [],
    trouble: '',
  };
}

let browser: Browser;
let server: PageServer;
let shown: PageState;
let asked: number;
let style: string;
let script: string;

beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(noChromium);
  // Its sandbox needs a user other than root; the page is our own.
  browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  const own = async (file: string) => readFile(new URL(`../../scripts/demo/page/${file}`, import.meta.url), 'utf8');
  [style, script] = await Promise.all([own('page.css'), own('client.js')]);
});
afterAll(async () => browser.close());

beforeEach(async () => {
  shown = state('web');
  asked = 0;
  const on = new Set<string>();
  server = await servePage({
    page: renderPage({ namespace: hostile, issuer: 'pca', kubeconfig: '/tmp/k', style, script }),
    state: async () => ({ ...shown, faults: [...on] }),
    setFault: async (id, isOn) => {
      if (isOn) on.add(id);
      else on.delete(id);
      return true;
    },
    ask: async () => {
      asked += 1;
      if (asked > 1) throw new Error('The API server is away.');
      return hostile;
    },
  });
  onTestFinished(async () => server.close().catch(() => {}));
});

interface Visit {
  readonly page: Page;
  /** What the browser complained of, and where it wanted to go beside the page's own server. */
  readonly complaints: string[];
}

async function visit(colorScheme: 'light' | 'dark' = 'light', width = 1400): Promise<Visit> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(server.url).origin });
  onTestFinished(async () => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.goto(server.url);
  await page.locator('#summary', { hasText: 'About' }).waitFor();
  return { page, complaints };
}

async function rowsOf(page: Page, table: string): Promise<readonly (readonly (string | null)[])[]> {
  return page.evaluate(
    `[...document.querySelectorAll('#${table} tbody tr')].map((row) => [row.className, ...[...row.cells].map((cell) => cell.textContent)])`,
  );
}

describe('the page', () => {
  it('shows what there is, and each change', async () => {
    const { page, complaints } = await visit();
    const requests = async () => (await rowsOf(page, 'requests')).map((cells) => cells.slice(0, 5));
    expect(await requests()).toEqual([
      ['bad', 'web/web', 'Failed', 'Failed', 'Words about web.'],
      ['waiting', 'other', 'Waiting', 'Pending', 'Words about web.'],
    ]);
    expect(await rowsOf(page, 'calls')).toEqual([['bad', '10:00:00Z', 'web', 'web', '3 ms', 'R1', 'web']]);
    shown = { ...state('api'), tables: { ...state('api').tables, calls: [] } };
    await page.locator('#summary', { hasText: 'About api.' }).waitFor();
    expect([
      await requests(),
      await rowsOf(page, 'calls'),
      await page.getByText('Nothing was called yet.').isVisible(),
    ]).toEqual([
      [
        ['bad', 'api/api', 'Failed', 'Failed', 'Words about api.'],
        ['waiting', 'other', 'Waiting', 'Pending', 'Words about api.'],
      ],
      [],
      true,
    ]);
    expect(complaints).toEqual([]);
  });

  it('shows a hostile name as it is, and nothing comes of it', async () => {
    shown = state(hostile);
    const { page, complaints } = await visit();
    await page.click('#ask');
    await page.locator('#asked', { hasText: 'was made' }).waitFor();
    const texts = [
      (await rowsOf(page, 'issuers'))[0]?.[4],
      await page.textContent('#asked'),
      await page.textContent('#summary'),
    ];
    expect([texts, await page.title(), await page.locator('img').count(), complaints]).toEqual([
      [`Words about ${hostile}.`, `Certificate ${hostile} was made.`, `About ${hostile}.`],
      'alibaba-pca-issuer demo',
      0,
      [],
    ]);
  });

  it('is worked with the keyboard alone: each button in turn, and it keeps the focus', async () => {
    const { page } = await visit();
    const reached: (string | null)[] = [];
    const focused = async () => page.evaluate<string | null>('document.activeElement.dataset.fault ?? null');
    while (reached.length < 60 && !reached.includes(pageFaults.at(-1)!.id)) {
      await page.keyboard.press('Tab');
      reached.push(await focused());
    }
    expect(reached.filter((id) => id !== null)).toEqual(pageFaults.map(({ id }) => id));
    const pressed = page.locator('.fault[aria-pressed=true]');
    await page.keyboard.press('Enter');
    await pressed.waitFor();
    expect([await pressed.getAttribute('data-fault'), await focused()]).toEqual([reached.at(-1), reached.at(-1)]);
    await page.keyboard.press('Space');
    await pressed.waitFor({ state: 'detached' });
    expect(await focused()).toBe(reached.at(-1));
  });

  it('copies commands that a shell takes as they are meant', async () => {
    const { page } = await visit();
    await page.locator('#issuers .copy').click();
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('kubectl describe alibabapcaissuer web -n web');
  });

  it('says what did not work, and that the demo has ended', async () => {
    const { page } = await visit();
    await page.click('#ask');
    await page.locator('#asked', { hasText: 'was made' }).waitFor();
    await page.click('#ask');
    await page.locator('#trouble', { hasText: 'That did not work: The API server is away.' }).waitFor();
    await server.close();
    await page
      .locator('#trouble', { hasText: 'The demo does not answer: what is shown may be old. Has it ended?' })
      .waitFor();
  });

  it.each(['light', 'dark'] as const)('can be read in %s', async (scheme) => {
    const { page } = await visit(scheme);
    await page.click('.fault >> nth=0');
    await page.locator('.fault[aria-pressed=true]').waitFor();
    const seen = await page.evaluate<readonly Colours[]>(coloursOfTexts);
    expect(seen.filter(({ text, ground }) => contrast(text, ground) < 4.5)).toEqual([]);
    // What was compared is the scheme that was asked for.
    const ground = seen.find(({ element }) => element.startsWith('H2'))!.ground;
    expect(contrast(ground, 'rgb(0, 0, 0)') > 10).toBe(scheme === 'light');
  });

  it.each([360, 800, 1400, 2200])('fits a window of %i pixels', async (width) => {
    const { page } = await visit('light', width);
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(wide).toBe(0);
  });
});

interface Colours {
  readonly element: string;
  readonly text: string;
  readonly ground: string;
}

/** For the browser: colours of each element with text of its own, and of the ground that it stands on. */
const coloursOfTexts = `
  const groundOf = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor === 'rgba(0, 0, 0, 0)' ? groundOf(element.parentElement) : backgroundColor;
  };
  [...document.querySelectorAll('body *:not(script)')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
    .map((element) => ({
      element: element.tagName + ' ' + element.textContent,
      text: getComputedStyle(element).color,
      ground: groundOf(element),
    }))`;
