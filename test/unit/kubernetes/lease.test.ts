// Requests for the Lease that are refused: which lasts, what is said, and that it is over when they are carried out again.
import { expect, test } from 'vitest';
import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { LeaderElector } from '../../../src/kubernetes/leader-election.ts';
import { ApiDouble, sendJson } from '../../support/api-double.ts';
import { until } from '../../support/wait.ts';

const lease = 'The Lease ops/leader cannot be';
const path = '/apis/coordination.k8s.io/v1/namespaces/ops/leases/leader';

test.each([
  {
    name: 'a missing right to read',
    code: 403,
    refused: 'GET',
    refusals: [
      `${lease} read: GET ${path} was answered 403 X: no. Bind a Role in the namespace ops to the operator: apiGroups [coordination.k8s.io], resources [leases], verbs [get].`,
    ],
  },
  {
    name: 'a missing namespace',
    code: 404,
    refused: 'POST',
    refusals: [
      `${lease} created: POST ${path.replace('/leader', '')} was answered 404 X: no. The namespace ops must exist before the operator runs.`,
    ],
  },
  {
    name: 'credentials that are refused',
    code: 401,
    refused: 'GET',
    refusals: [`${lease} read: GET ${path} was answered 401 X: no`],
  },
  { name: 'a server in trouble', code: 503, refused: 'GET', refusals: [] },
])('$name', async ({ code, refused, refusals }) => {
  let isRefusing = true;
  const double = await ApiDouble.start(({ method, body }, response) => {
    if (isRefusing && method === refused) sendJson(response, code, { reason: 'X', message: 'no' });
    else if (method === 'GET') sendJson(response, 404, { reason: 'NotFound' });
    else sendJson(response, 201, JSON.parse(body));
  });
  const client = new KubernetesClient(double.connection(), { userAgent: 'test' });
  const told: string[] = [];
  const elector = new LeaderElector({
    client,
    namespace: 'ops',
    name: 'leader',
    identity: 'me',
    leaseDurationSeconds: 90,
    renewDeadlineSeconds: 60,
    retryPeriodSeconds: 0.1,
    onTrouble: (text) => told.push(text),
  });
  const stop = new AbortController();
  const end = elector.run(stop.signal, async () => {});
  await until('it to be told', () => told.length > 0);
  expect(elector.refusals).toEqual(refusals);
  isRefusing = false;
  await until(
    'it to be over',
    () => double.requests.some(({ method }) => method === 'POST') && elector.refusals.length === 0,
  );
  stop.abort();
  expect(await end).toBe('released');
  await client.close();
  await double.stop();
});
