/** The two requests to etcd's HTTP gateway that the driver needs; no etcd client is required. */
import { field } from './api-client.ts';

const timeoutMilliseconds = 10_000;

/** Whether etcd has a leader and serves. */
export async function etcdIsHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(timeoutMilliseconds) });
  return field(await response.json(), 'health') === 'true';
}

/** Drops all history up to the present revision, which is what makes old resource versions expire. */
export async function compactEtcd(url: string): Promise<void> {
  const anyKey = Buffer.from([0]).toString('base64');
  const range = await post(`${url}/v3/kv/range`, { key: anyKey, limit: '1' });
  const revision = field(range, 'header', 'revision');
  await post(`${url}/v3/kv/compaction`, { revision, physical: true });
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  const answer: unknown = await response.json();
  // Compacting twice at the same revision is refused, and has nothing left to do.
  if (!response.ok && !String(field(answer, 'message')).includes('has been compacted')) {
    throw new Error(`${url} was answered with ${response.status}: ${JSON.stringify(answer)}`);
  }
  return answer;
}
