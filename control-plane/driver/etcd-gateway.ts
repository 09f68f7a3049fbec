// The few requests to etcd's HTTP gateway that the driver needs; no etcd client is required.
import { field } from './api-client.ts';

// Only ends a request that hangs.
const timeoutMs = 60_000;

/** Whether etcd has a leader and serves. */
export async function etcdIsHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(timeoutMs) });
  return field(await response.json(), 'health') === 'true';
}

/** Drops all history up to the present revision, which is what makes old resource versions expire. */
export async function compactEtcd(url: string): Promise<void> {
  const anyKey = Buffer.from([0]).toString('base64');
  const range = await post(`${url}/v3/kv/range`, { key: anyKey, limit: '1' });
  const revision = field(range, 'header', 'revision');
  await post(`${url}/v3/kv/compaction`, { revision, physical: true });
}

/**
 * Stores `count` copies of the object under `key`, each under the key and with the text that `copy` gives: many objects in
 * seconds, for measurements. The object must be stored as JSON, as custom resources are.
 */
export async function copyInEtcd(
  url: string,
  key: string,
  count: number,
  copy: (text: string, index: number) => { readonly key: string; readonly text: string },
): Promise<void> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const range = await post(`${url}/v3/kv/range`, { key: encode(key) });
  const value = field(range, 'kvs', '0', 'value');
  if (typeof value !== 'string') throw new Error(`etcd holds nothing under ${key}`);
  const text = Buffer.from(value, 'base64').toString('utf8');
  const atATime = 16;
  const writers = Array.from({ length: atATime }, async (_, first) => {
    for (let index = first; index < count; index += atATime) {
      const each = copy(text, index);
      await post(`${url}/v3/kv/put`, { key: encode(each.key), value: encode(each.text) });
    }
  });
  await Promise.all(writers);
}

/** Deletes everything under the prefix, a few hundred keys at a time: one answer to the API server's watch holds no more. */
export async function deleteInEtcd(url: string, prefix: string): Promise<void> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  // The first key behind all that begin with the prefix.
  const end = encode(`${prefix.slice(0, -1)}${String.fromCodePoint((prefix.codePointAt(prefix.length - 1) ?? 0) + 1)}`);
  for (let more = true; more;) {
    const range = { key: encode(prefix), range_end: end, limit: '200', keys_only: true };
    const answer = await post(`${url}/v3/kv/range`, range);
    const last = field(answer, 'kvs', '199', 'key');
    more = typeof last === 'string';
    // A range ends before its end, which is the key with a zero byte behind it.
    const upTo = more ? Buffer.concat([Buffer.from(String(last), 'base64'), Buffer.of(0)]).toString('base64') : end;
    await post(`${url}/v3/kv/deleterange`, { key: range.key, range_end: upTo });
  }
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer: unknown = await response.json();
  // Compacting twice at the same revision is refused, and has nothing left to do.
  if (!response.ok && !String(field(answer, 'message')).includes('has been compacted'))
    throw new Error(`${url} was answered with ${response.status}: ${JSON.stringify(answer)}`);

  return answer;
}
