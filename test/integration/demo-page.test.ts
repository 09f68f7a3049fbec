// The demo's page on a real cluster and the simulator, as its browser asks for it.
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openPage } from '../../scripts/demo/page/page.ts';
import type { PageServer } from '../../scripts/demo/page/server.ts';
import type { PageState, Row, TableName } from '../../scripts/demo/page/state.ts';
import { NotYet, until } from '../support/wait.ts';
import { certificate, World } from '../support/world.ts';

let world: World;
let page: PageServer;
let namespace: string;

beforeAll(async () => {
  world = await World.start({});
  namespace = await world.createNamespace('page');
  await world.cluster.apply(world.issuer(namespace, 'pca'));
  page = await openPage({
    kubeconfig: world.controlPlane.kubeconfig,
    adminUrl: world.simulator.adminUrl,
    issuingCA: 'sim-sub-ecc-p256',
    namespace,
    issuer: 'pca',
    certificateSpec: certificate(namespace, 'web')['spec'] as object,
  });
});
afterAll(async () => {
  await page?.close();
  await world?.stop();
});

async function look(): Promise<PageState> {
  return (await (await fetch(`${page.url}state`)).json()) as PageState;
}

async function press(path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${page.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return [response.status, await response.json()];
}

/** Texts of a row's cells; those that differ each time are left to the expectation. */
function texts({ tone, cells }: Row): readonly string[] {
  return [tone, ...cells.map((cell) => ('text' in cell ? cell.text : 'command' in cell ? cell.command : cell.since))];
}

/** The first row of the table that is about the object, once it has the tone. */
async function rowOf(table: TableName, name: string, tone: Row['tone']): Promise<readonly string[]> {
  return until(`${name} to be ${tone}`, async () => {
    const { tables, trouble } = await look();
    const rows = tables[table].map(texts);
    const row = rows.find(([, shown = '']) => shown === name);
    if (row?.[0] !== tone) throw new NotYet([trouble, rows]);
    return row;
  });
}

const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string;
const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;

it('shows issuer, Certificate, request and calls; a fault that is turned on strikes and is used up', async () => {
  expect(await rowOf('issuers', `${namespace}/pca`, 'good')).toEqual([
    'good',
    `${namespace}/pca`,
    'Ready',
    'Checked',
    'CA "sim-sub-ecc-p256" answers and can issue.',
    '1000000',
    day,
    moment,
    `kubectl describe alibabapcaissuer pca -n ${namespace}`,
  ]);
  expect([await press('faults', { id: 'cut', on: true }), (await look()).faults]).toEqual([[200, {}], ['cut']]);
  const [, { name }] = (await press('certificates', {})) as readonly [number, { readonly name: string }];
  const request = await rowOf('requests', `${namespace}/${name}-1`, 'good');
  const serial = request[5] ?? '';
  expect(request).toEqual([
    'good',
    `${namespace}/${name}-1`,
    'Issued',
    'Issued',
    expect.stringContaining(`serial number ${serial}`) as string,
    expect.stringMatching(/^[0-9a-f]{16,}$/) as string,
    day,
    '2',
    moment,
    `kubectl describe certificaterequest ${name}-1 -n ${namespace}`,
  ]);
  expect(await rowOf('certificates', `${namespace}/${name}`, 'good')).toEqual([
    'good',
    `${namespace}/${name}`,
    'Ready',
    'Ready',
    'Certificate is up to date and has not expired',
    day,
    day,
    moment,
    `kubectl describe certificate ${name} -n ${namespace}`,
  ]);
  const { faults, summary, trouble, tables } = await look();
  const created = tables.calls.map(texts).filter(([, , action]) => action === 'CreateCustomCertificate');
  expect([faults, trouble, created.map(([tone, , , result]) => [tone, result])]).toEqual([
    [],
    '',
    [['bad', 'connection cut']],
  ]);
  expect(summary).toMatch(
    /^1 of 1 issuer ready, 1 certificate issued, 0 requests waiting, 0 failed, \d+ calls to the simulator\.$/,
  );
});

it('says what a refused Certificate was refused for', async () => {
  const refused = await openPage({
    kubeconfig: world.controlPlane.kubeconfig,
    adminUrl: world.simulator.adminUrl,
    issuingCA: 'sim-sub-ecc-p256',
    namespace: 'nosuch',
    issuer: 'pca',
    certificateSpec: certificate(namespace, 'web')['spec'] as object,
  });
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${refused.url}certificates`, { method: 'POST', headers, body: '{}' });
    expect([response.status, await response.json()]).toEqual([
      500,
      { message: expect.stringContaining('namespaces "nosuch" not found') as string },
    ]);
  } finally {
    await refused.close();
  }
});

it('shows what it last saw, and says that the simulator does not answer', async () => {
  await world.simulator.close();
  const { tables, trouble } = await look();
  expect([tables.issuers.length, trouble]).toEqual([1, 'The simulator does not answer.']);
});
