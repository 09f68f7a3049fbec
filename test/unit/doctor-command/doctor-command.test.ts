// The command from arguments to exit code and output, on an API server of a few answers.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/doctor-command/arguments.ts';
import { runDoctorCommand } from '../../../src/doctor-command/doctor-command.ts';
import { error, ok, unknown, warning } from '../../../src/doctor-command/finding.ts';
import { renderDiagnosis, renderRequest } from '../../../src/doctor-command/rendering.ts';
import type { Diagnosis } from '../../../src/doctor-command/rendering.ts';
import { systemClock } from '../../../src/timing/clock.ts';

let server: Server | undefined;
afterEach(() => server?.close());

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(argv: readonly string[], url = 'http://127.0.0.1:1'): Promise<Run> {
  const said = { out: '', err: '' };
  const code = await runDoctorCommand(argv, {
    connect: async () =>
      Promise.resolve({
        server: url,
        namespace: undefined,
        credentials: async () => Promise.resolve({ headers: { authorization: 'Bearer canary' }, tls: {} }),
      }),
    environment: {},
    clock: systemClock,
    signal: new AbortController().signal,
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
  });
  return { code, ...said };
}

/** An API server that answers every path with this. */
async function serve(answer: (path: string) => { readonly status: number; readonly body: object }): Promise<string> {
  server = createServer((request, response) => {
    const { status, body } = answer(request.url?.split('?')[0] ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('doctor', () => {
  it('explains itself', async () => {
    const { code, out } = await run(['--help']);
    expect({ code, first: out.split('\n')[0], codes: out.trimEnd().split('\n').at(-1) }).toEqual({
      code: 0,
      first: 'Looks at everything that certificates from PCA depend on, and says what to mend.',
      codes: '  3  at least one error was found, or the request is not ready',
    });
  });

  it.each([
    [['--issuer', 'a/b/c'], '--issuer is "a/b/c" but must be NAMESPACE/NAME or NAME.'],
    [['--deployment', 'pca'], '--deployment is "pca" but must be NAMESPACE/NAME.'],
    [['--issuer', 'a', '--request', 'b'], 'Give either --issuer or --request.'],
    [['--timeout', '2h'], '--timeout is "2h" but must be a duration from 1s to 1h, such as 90s.'],
    [
      ['--metrics', 'http://user:canary@host'],
      '--metrics must be a URL without a password, such as http://127.0.0.1:8080/metrics.',
    ],
    [['-o', 'xml'], '--output is "xml" but must be one of table, json, yaml.'],
    [['--frobnicate'], `Unknown option '--frobnicate'. See alibaba-pca-issuer doctor --help.`],
  ])('refuses %s and ends with 2', async (argv, message) => {
    expect(await run(argv)).toEqual({ code: 2, out: '', err: `alibaba-pca-issuer doctor: ${message}\n` });
  });

  it('ends with 2 and one sentence where the API server cannot be asked', async () => {
    const url = await serve(() => ({ status: 401, body: { reason: 'Unauthorized', message: 'Unauthorized' } }));
    const { code, out, err } = await run(['--kubeconfig', 'x'], url);
    expect({ code, out, err: err.replace(url, 'SERVER') }).toEqual({
      code: 2,
      out: '',
      err: 'alibaba-pca-issuer doctor: The API server SERVER cannot be asked: GET /version was answered 401 Unauthorized: Unauthorized.\n',
    });
  });

  it('names what is missing, and does not crash, where nothing may be read', async () => {
    const url = await serve((path) => (path === '/version' ? { status: 200, body: {} } : { status: 403, body: {} }));
    const { code, out, err } = await run(['--kubeconfig', 'x', '-o', 'json'], url);
    const { findings } = JSON.parse(out) as Diagnosis;
    expect({ code, err, levels: [...new Set(findings.map(({ level }) => level))].toSorted() }).toEqual({
      code: 2,
      err: '',
      levels: ['ok', 'unknown'],
    });
  });

  it('says that a request does not exist', async () => {
    const url = await serve((path) => {
      if (path === '/version') return { status: 200, body: {} };
      return path.endsWith('/certificaterequests')
        ? { status: 200, body: { metadata: { resourceVersion: '1' }, items: [] } }
        : { status: 404, body: {} };
    });
    expect(await run(['--kubeconfig', 'x', '--request', 'shop/web'], url)).toEqual({
      code: 2,
      out: '',
      err: `alibaba-pca-issuer doctor: Namespace shop has no CertificateRequest "web", and none for a Certificate of that name. A Certificate without a request is cert-manager's to explain: kubectl describe certificate web -n shop.\n`,
    });
  });

  it('takes the kubeconfig of the environment', () => {
    const read = readArguments([], { PCA_ISSUER_KUBECONFIG: '/a' });
    expect(read.kind === 'doctor' && read.arguments.kubeconfig).toBe('/a');
  });
});

describe('the output', () => {
  const diagnosis: Diagnosis = {
    place: 'elsewhere',
    version: '0.1.0',
    findings: [
      ok('crds', 'API server', 'All 5 kinds are served.'),
      warning('ca', 'AlibabaPCAIssuer "shop/pca"', 'Its CA ends in 3 days.', 'Make a new one.'),
      unknown('lease', 'Lease a/b', 'It may not be read.', 'Ask.'),
      error('approval', 'cert-manager', 'It may\nnot approve.', 'Bind it.'),
    ],
    notLookedAt: ['Limits on calls (--metrics).'],
  };

  it('is a table with what to do below each line that is not well, the worst first', () => {
    expect(renderDiagnosis(diagnosis, 'table')).toBe(`ERROR    approval  cert-manager: It may\\u000anot approve.
                   -> Bind it.
UNKNOWN  lease     Lease a/b: It may not be read.
                   -> Ask.
WARNING  ca        AlibabaPCAIssuer "shop/pca": Its CA ends in 3 days.
                   -> Make a new one.
ok       crds      API server: All 5 kinds are served.

Not looked at: Limits on calls (--metrics).
1 error, 1 unknown, 1 warning.
`);
  });

  it('says so where there is nothing to say', () => {
    const findings = diagnosis.findings.slice(0, 1);
    expect(renderDiagnosis({ ...diagnosis, findings, notLookedAt: [] }, 'table')).toBe(
      'ok       crds  API server: All 5 kinds are served.\n\nNothing to say: all 1 checks are well.\n',
    );
  });

  it('names no access key', () => {
    const findings = [error('issuer', 'a', 'Denied: x for LTAIcanaryAccessKeyId0001.', 'Allow it.')];
    expect(renderDiagnosis({ ...diagnosis, findings }, 'json')).toContain('Denied: x for LTAI….');
  });

  it('is the same for programs', () => {
    expect(JSON.parse(renderDiagnosis(diagnosis, 'json'))).toEqual(diagnosis);
  });

  it('has five lines about a request', () => {
    const lines = { isReady: false, request: 'a', approval: 'b', issuer: 'c', state: 'd', todo: 'e' };
    expect(renderRequest(lines, 'table')).toBe('Request   a\nApproval  b\nIssuer    c\nState     d\nTo do     e\n');
  });
});
