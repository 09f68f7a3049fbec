// The demo's page without a browser: its rows, its HTML and its faults.
import { describe, expect, it } from 'vitest';

import { commandOf } from '../../../../scripts/demo/page/commands.ts';
import { faultChange, faultsOn, pageFaults } from '../../../../scripts/demo/page/faults.ts';
import { escaped, renderPage } from '../../../../scripts/demo/page/html.ts';
import { callRows, certificateRow, issuerRow, requestRow } from '../../../../scripts/demo/page/rows.ts';
import type { ShownObject } from '../../../../scripts/demo/page/rows.ts';
import { SimulatorAdmin } from '../../../../scripts/demo/page/simulator-admin.ts';
import { tables } from '../../../../scripts/demo/page/state.ts';
import { summaryOf } from '../../../../scripts/demo/page/summary.ts';
import { startSimulator } from '../../../../simulator/simulator.ts';

const hostile = `<img src=x onerror="alert('1')">`;
const metadata = { name: 'web', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-12-01T10:00:00Z' };

function object(kind: string, status: ShownObject['status']): ShownObject {
  return { kind, metadata, ...(status === undefined ? {} : { status }) };
}

function ready(status: string, reason: string, message = 'Words.') {
  return { conditions: [{ type: 'Ready', status, reason, message }] };
}

describe('rows', () => {
  it('of an issuer: what is left and when its CA ends', () => {
    const ca = { subject: 'CN=ca', notAfter: '2046-01-02T03:04:05Z', certificatesRemaining: 7 };
    expect(issuerRow(object('AlibabaPCAIssuer', { ...ready('True', 'Checked'), ca }))).toEqual({
      key: 'u1',
      tone: 'good',
      cells: [
        { text: 'shop/web' },
        { text: 'Ready' },
        { text: 'Checked' },
        { text: 'Words.' },
        { text: '7' },
        { text: '2046-01-02', title: '2046-01-02T03:04:05Z\nCN=ca' },
        { since: '2026-12-01T10:00:00Z' },
        { command: 'kubectl describe alibabapcaissuer web -n shop' },
      ],
    });
  });

  it('of a Certificate: when it ends and is renewed', () => {
    const status = { notAfter: '2027-03-01T00:00:00Z', renewalTime: '2027-02-01T00:00:00Z' };
    expect(certificateRow(object('Certificate', status))).toEqual({
      key: 'u1',
      tone: 'waiting',
      cells: [
        { text: 'shop/web' },
        { text: 'New' },
        { text: '' },
        { text: '' },
        { text: '2027-03-01', title: '2027-03-01T00:00:00Z' },
        { text: '2027-02-01', title: '2027-02-01T00:00:00Z' },
        { since: '2026-12-01T10:00:00Z' },
        { command: 'kubectl describe certificate web -n shop' },
      ],
    });
  });

  it('of a request: serial number, end and chain of its certificate', async () => {
    const simulator = await startSimulator();
    const { certificatePem, rootPem } = simulator.cas.find(({ identifier }) => identifier === 'sim-sub-ecc-p256')!;
    await simulator.close();
    const certificate = Buffer.from(`${certificatePem}\n${rootPem}`).toString('base64');
    const { cells } = requestRow(object('CertificateRequest', { ...ready('True', 'Issued'), certificate }));
    expect(cells.slice(4, 7)).toEqual([
      { text: expect.stringMatching(/^[0-9a-f]{16,}$/) as string },
      {
        text: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
        title: expect.stringMatching(/T.*Z$/) as string,
      },
      { text: '2', title: expect.stringMatching(/^.*CN=.* ← .*CN=/) as string },
    ]);
  });

  it('of a request whose certificate is none says nothing of it', () => {
    const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n').toString(
      'base64',
    );
    expect(requestRow(object('CertificateRequest', { certificate })).cells.slice(4, 7)).toEqual([
      { text: '' },
      { text: '' },
      { text: '' },
    ]);
  });

  it.each([
    ['Issued', ready('True', 'Issued'), 'good', 'Issued'],
    ['Pending', ready('False', 'Pending'), 'waiting', 'Waiting'],
    ['Failed', ready('False', 'Failed'), 'bad', 'Failed'],
    ['Denied', ready('False', 'Denied'), 'bad', 'Denied'],
    ['Approved', { conditions: [{ type: 'Approved', status: 'True' }] }, 'waiting', 'Approved'],
    ['nothing', {}, 'waiting', 'Not approved'],
  ])('of a request with the condition %s', (_name, status, tone, state) => {
    const row = requestRow(object('CertificateRequest', status));
    expect([row.tone, row.cells[1]]).toEqual([tone, { text: state }]);
  });

  it('of calls: newest first, with result and time taken', () => {
    const call = { version: '2020-06-30', time: '2026-12-01T10:00:00.125Z', action: 'CreateCustomCertificate' };
    const parameters = { Csr: 'x', ParentIdentifier: 'ca', customIdentifier: 'c1' };
    const calls = [
      { ...call, parameters, requestId: 'R1', outcome: 'ok', milliseconds: 3 },
      { ...call, parameters: {}, requestId: 'R2', outcome: 'Forbidden.RAM', milliseconds: 1 },
      { ...call, parameters: {}, requestId: 'R3', outcome: 'cut' },
    ];
    const time = { text: '10:00:00.125', title: call.time };
    const action = { text: call.action };
    const nothing = { text: '', title: '' };
    expect(callRows(calls)).toEqual([
      {
        key: 'R3',
        tone: 'waiting',
        cells: [time, action, { text: 'not answered yet' }, { text: '' }, { text: 'R3' }, nothing],
      },
      {
        key: 'R2',
        tone: 'bad',
        cells: [time, action, { text: 'Forbidden.RAM' }, { text: '1 ms' }, { text: 'R2' }, nothing],
      },
      {
        key: 'R1',
        tone: 'good',
        cells: [
          time,
          action,
          { text: 'ok' },
          { text: '3 ms' },
          { text: 'R1' },
          { text: 'c1', title: 'ParentIdentifier=ca\ncustomIdentifier=c1' },
        ],
      },
    ]);
  });

  it.each([issuerRow, certificateRow, requestRow])('have a cell for each column: %o', (rowOf) => {
    const table = { issuerRow: 'issuers', certificateRow: 'certificates', requestRow: 'requests' }[rowOf.name];
    expect(rowOf(object('Kind', {})).cells).toHaveLength(tables[table as keyof typeof tables].columns.length);
  });
});

describe('the summary', () => {
  it.each([
    [[], [], 0, '0 of 0 issuers ready, 0 certificates issued, 0 requests waiting, 0 failed, 0 calls to the simulator.'],
    [
      ['good'],
      ['good'],
      1,
      '1 of 1 issuer ready, 1 certificate issued, 0 requests waiting, 0 failed, 1 call to the simulator.',
    ],
    [
      ['good', 'waiting'],
      ['good', 'good', 'waiting', 'bad'],
      12,
      '1 of 2 issuers ready, 2 certificates issued, 1 request waiting, 1 failed, 12 calls to the simulator.',
    ],
  ] as const)('of issuers %j and requests %j', (issuers, requests, calls, text) => {
    const rows = (tones: readonly ('good' | 'waiting' | 'bad')[]) =>
      tones.map((tone, index) => ({ key: String(index), tone, cells: [] }));
    expect(summaryOf({ issuers: rows(issuers), certificates: [], requests: rows(requests) }, calls)).toBe(text);
  });
});

describe('commands to copy', () => {
  it.each([
    [['kubectl', 'describe', 'certificate', 'web', '-n', 'shop'], 'kubectl describe certificate web -n shop'],
    [['export', 'KUBECONFIG=/tmp/a.b/c'], 'export KUBECONFIG=/tmp/a.b/c'],
    [['x', 'a; rm -rf ~'], "x 'a; rm -rf ~'"],
    [['x', "it's $(id)"], "x 'it'\\''s $(id)'"],
    [['x', ''], "x ''"],
  ])('%j', (words, command) => {
    expect(commandOf(words)).toBe(command);
  });
});

describe('faults', () => {
  it.each(pageFaults.map((fault) => [fault.id, fault] as const))('%s goes on and off in the simulator', async (id) => {
    const handle = await startSimulator();
    try {
      const simulator = new SimulatorAdmin(handle.adminUrl, 'sim-sub-ecc-p256');
      const seen = [faultsOn(await simulator.state())];
      for (const on of [true, false]) {
        await simulator.change(faultChange(id, on)!);
        seen.push(faultsOn(await simulator.state()));
      }
      expect(seen).toEqual([[], [id], []]);
    } finally {
      await handle.close();
    }
  });

  it('that do not exist change nothing', () => {
    expect(faultChange('constructor', true)).toBeUndefined();
  });

  it('of a simulator that refuses are told', async () => {
    const handle = await startSimulator();
    try {
      const simulator = new SimulatorAdmin(handle.adminUrl, 'no-such-ca');
      await expect(simulator.change({ authority: { status: 'REVOKE' } })).rejects.toThrow(
        'The simulator answered 400: {"message":"Error: There is no CA no-such-ca."}',
      );
    } finally {
      await handle.close();
    }
  });
});

describe('the HTML', () => {
  const frame = { namespace: 'shop', issuer: 'pca', kubeconfig: '/tmp/k', style: 'b{}', script: 'go()' };

  it('escapes what it is given', () => {
    expect(escaped(hostile)).toBe('&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;');
    const { html } = renderPage({ ...frame, namespace: hostile, issuer: hostile, kubeconfig: hostile });
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=');
  });

  it('loads nothing from anywhere, and lets the browser run its own script and style alone', () => {
    const { html, policy } = renderPage(frame);
    expect([...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, address]) => address)).toEqual(['data:,']);
    expect(policy).toBe(
      "default-src 'none'; style-src 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans='; script-src 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it('has a button for each fault, which says what it will do and where to look', () => {
    const { html } = renderPage(frame);
    for (const { id, title, effect } of pageFaults) {
      expect(html).toContain(`data-fault="${id}" aria-describedby="about-${id}">${escaped(title)}</button>`);
      expect(html).toContain(`<p id="about-${id}">${escaped(effect)}</p>`);
    }
    expect(html).toContain('data-copy="kubectl describe alibabapcaissuer pca -n shop"');
    expect(html).toContain('data-copy="export KUBECONFIG=/tmp/k"');
  });
});
