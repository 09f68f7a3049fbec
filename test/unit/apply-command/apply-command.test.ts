import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { runApplyCommand } from '../../../src/apply-command/apply-command.ts';
import { classifyAnswer, deadlineFailure } from '../../../src/kubernetes/failure.ts';
import type { KubernetesResult } from '../../../src/kubernetes/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/wait.ts';

const issuer = (kind: string, metadata: object): object => ({
  apiVersion: 'pca.alibabacloud.com/v1alpha1',
  kind,
  metadata,
  spec: { parentIdentifier: 'ca' },
});
const mesh = issuer('AlibabaPCAClusterIssuer', { name: 'mesh' });
const web = issuer('AlibabaPCAIssuer', { namespace: 'shop', name: 'web' });
const answered = (status: number, reason: string): KubernetesResult<never> => ({
  kind: 'failed',
  failure: classifyAnswer({
    request: 'PATCH /x',
    status,
    retryAfter: undefined,
    receivedAt: new Date(0),
    text: JSON.stringify({ reason, message: 'no' }),
  }),
});
const ok = { kind: 'ok', status: 200, body: {} } as const;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly (readonly unknown[])[];
}

/** Runs the command; whenever it waits, time passes. */
async function run(argv: readonly string[], answers: readonly KubernetesResult<object>[]): Promise<Outcome> {
  const calls: unknown[][] = [];
  const clock = new FakeClock();
  const said = { out: '', err: '' };
  let code: number | undefined;
  void runApplyCommand(argv, {
    kubernetes: {
      patch: async (path, body, contentType, options) => {
        calls.push([path, body, contentType, options?.query]);
        return Promise.resolve((answers[calls.length - 1] ?? answers.at(-1)) as KubernetesResult<never>);
      },
    },
    clock,
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
  }).then((ended) => (code = ended));
  return until(
    'the command to end',
    async () => {
      await nextTurn();
      clock.advance(250);
      return code === undefined ? undefined : { code, ...said, calls };
    },
    { everyMs: 0 },
  );
}

describe('alibaba-pca-issuer apply', () => {
  it('applies every issuer with its own path, as one field manager', async () => {
    const query = { fieldManager: 'alibaba-pca-issuer-chart', force: 'true' };
    const type = 'application/apply-patch+yaml';
    const base = '/apis/pca.alibabacloud.com/v1alpha1';
    expect(await run([JSON.stringify(mesh), JSON.stringify(web)], [ok])).toEqual({
      code: 0,
      out: 'AlibabaPCAClusterIssuer "mesh" is applied.\nAlibabaPCAIssuer "shop/web" is applied.\n',
      err: '',
      calls: [
        [`${base}/alibabapcaclusterissuers/mesh`, mesh, type, query],
        [`${base}/namespaces/shop/alibabapcaissuers/web`, web, type, query],
      ],
    });
  });

  it('waits until the kind is served and the rights are known, and tells each reason once', async () => {
    const notFound = answered(404, 'NotFound');
    const forbidden = answered(403, 'Forbidden');
    const { code, out, err, calls } = await run(
      [JSON.stringify(mesh)],
      [notFound, notFound, forbidden, forbidden, answered(503, 'ServiceUnavailable'), ok],
    );
    expect([code, err, calls.length, out.split('\n')]).toEqual([
      0,
      '',
      6,
      [
        'AlibabaPCAClusterIssuer "mesh" is tried again: PATCH /x was answered 404 NotFound: no',
        'AlibabaPCAClusterIssuer "mesh" is tried again: PATCH /x was answered 403 Forbidden: no',
        'AlibabaPCAClusterIssuer "mesh" is tried again: PATCH /x was answered 503 ServiceUnavailable: no',
        'AlibabaPCAClusterIssuer "mesh" is applied.',
        '',
      ],
    ]);
  });

  it('gives up at once what the API server refuses for good', async () => {
    const { code, err, calls } = await run([JSON.stringify(mesh), JSON.stringify(web)], [answered(422, 'Invalid')]);
    expect([code, err, calls.length]).toEqual([
      1,
      'AlibabaPCAClusterIssuer "mesh" could not be applied: PATCH /x was answered 422 Invalid: no\n',
      1,
    ]);
  });

  it('gives up after three minutes, with the last answer of the API server', async () => {
    const { code, err } = await run([JSON.stringify(mesh)], [answered(404, 'NotFound')]);
    expect([code, err]).toEqual([
      1,
      'AlibabaPCAClusterIssuer "mesh" could not be applied: PATCH /x was answered 404 NotFound: no\n',
    ]);
  });

  it('says what happened where there never was an answer', async () => {
    const failed = { kind: 'failed', failure: deadlineFailure('PATCH /x', 30_000) } as const;
    const { code, err } = await run([JSON.stringify(mesh)], [failed]);
    expect([code, err]).toEqual([
      1,
      'AlibabaPCAClusterIssuer "mesh" could not be applied: PATCH /x was not answered within 30 s\n',
    ]);
  });

  it.each([
    ['nothing', []],
    ['no JSON', ['{']],
    ['no object', ['null']],
    ['another kind', [JSON.stringify(issuer('Issuer', { name: 'a' }))]],
    ['another version', [JSON.stringify({ ...mesh, apiVersion: 'v1' })]],
    ['no name', [JSON.stringify(issuer('AlibabaPCAClusterIssuer', {}))]],
    ['a namespace too many', [JSON.stringify(issuer('AlibabaPCAClusterIssuer', { name: 'a', namespace: 'b' }))]],
    ['a namespace too few', [JSON.stringify(mesh), JSON.stringify(issuer('AlibabaPCAIssuer', { name: 'a' }))]],
  ])('refuses %s before it applies anything', async (_, argv) => {
    expect(await run(argv, [ok])).toEqual({
      code: 2,
      out: '',
      err: 'alibaba-pca-issuer apply: every argument must be the JSON of an issuer of pca.alibabacloud.com/v1alpha1.\n',
      calls: [],
    });
  });
});
