// Whatever bytes an endpoint sends instead of an answer, a call ends with a value, in time, and keeps nothing of it.
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { compose } from '../../../src/alibaba/call.ts';
import type { PcaOutcome } from '../../../src/alibaba/call.ts';
import { withAccessKey } from '../../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../../src/alibaba/transport.ts';
import { NotYet, until } from '../../support/wait.ts';

/** What one connection gets: some bytes, then its end, silence, or `again` for as long as anybody reads. */
interface Script {
  readonly bytes: Uint8Array;
  readonly after: 'end' | 'reset' | 'silence' | 'flood';
  readonly again: Uint8Array;
}

const accessKey = { accessKeyId: 'LTAI5t', accessKeySecret: 'PLANTEDsecret0123456789', securityToken: undefined };
const call = { action: 'CreateCustomCertificate', version: '2020-06-30', parameters: { Csr: 'PLANTEDcsr' } };
// More than a reply may have, and little enough for hundreds of runs.
const mostFlood = 6 * 1024 * 1024;
// A thousandth of what is sent; the rest of it would show.
const mostKept = 16 * 1024 * 1024;
// Nothing ends these calls but their deadline.
const shortMs = 50;
const longMs = 60_000;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that plays the script that is current when a call arrives. */
async function serve(script: () => Script): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (chunk.includes('POST ')) play(script(), socket);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function play({ bytes, after, again }: Script, socket: Socket): void {
  if (after === 'end') socket.end(bytes);
  else if (after === 'reset') socket.write(bytes, () => socket.resetAndDestroy());
  else socket.write(bytes);
  if (after !== 'flood') return;
  const chunk = Buffer.concat(Array<Uint8Array>(Math.ceil(65_536 / again.length)).fill(again));
  let written = 0;
  const more = (): void => {
    for (let isTaken = true; isTaken && written < mostFlood && !socket.destroyed; written += chunk.length)
      isTaken = socket.write(chunk);
  };
  socket.on('drain', more);
  more();
}

const replies = [
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 36\r\n\r\n{"RequestId":"A-1","Identifier":"x"}',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n24\r\n{"RequestId":"A-1","Identifier":"x"}\r\n0\r\n\r\n',
  'HTTP/1.1 400 Bad\r\nx-acs-request-id: A-1\r\ncontent-length: 40\r\n\r\n{"Code":"NotFound","Message":"PLANTEDxx"}',
  'HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 503 Busy\r\nconnection: close\r\n\r\n{"Code":"ServiceUnavailable"}',
].map((text) => Buffer.from(text));
const fragments = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 403 No\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\n\r\n',
  'content-length: 5\r\n',
  'content-length: -1\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip, chunked\r\n',
  'content-encoding: gzip\r\n',
  'connection: keep-alive\r\n',
  'location: http://127.0.0.1:1/\r\n',
  'trailer: a\r\n',
  ': \r\n',
  '\r\n',
  '\n',
  '5\r\nabcde\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\n',
  '{"Code":"PLANTEDsecret0123456789","Message":"PLANTEDsecret0123456789"}',
  '{"__proto__":{},"Message":[]}',
  '[[[[',
  '\u0000',
].map((text) => Buffer.from(text));

const mutation = fc.record({
  at: fc.nat(200),
  kind: fc.constantFrom('replace', 'insert', 'remove', 'repeat'),
  bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.constantFrom(...fragments)),
});

function mutated(
  bytes: Buffer,
  changes: readonly (typeof mutation extends fc.Arbitrary<infer T> ? T : never)[],
): Buffer {
  return changes.reduce((result, { at, kind, bytes: given }) => {
    const from = at % (result.length + 1);
    const [head, tail] = [result.subarray(0, from), result.subarray(from)];
    switch (kind) {
      case 'insert':
        return Buffer.concat([head, given, tail]);
      case 'replace':
        return Buffer.concat([head, given, tail.subarray(given.length)]);
      case 'remove':
        return Buffer.concat([head, tail.subarray(given.length)]);
      case 'repeat':
        return Buffer.concat([head, tail, tail]);
    }
  }, bytes);
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.array(fc.constantFrom(...fragments), { maxLength: 12 }).map((parts) => Buffer.concat(parts)),
  fc
    .tuple(fc.constantFrom(...replies), fc.array(mutation, { maxLength: 4 }))
    .map(([reply, changes]) => mutated(reply, changes)),
);
const script: fc.Arbitrary<Script> = fc.record({
  bytes,
  after: fc.constantFrom('end', 'reset', 'silence', 'flood'),
  again: fc.oneof(fc.constantFrom(...fragments), fc.uint8Array({ minLength: 1, maxLength: 64 })),
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that are in use, garbage aside. */
function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('any bytes, in any framing, end a call with a value', async () => {
  let next: Script = { bytes: new Uint8Array(), after: 'end', again: new Uint8Array() };
  const host = await serve(() => next);
  const transport = new HttpTransport();
  const callWithin = (timeoutMs: number): Promise<PcaOutcome> => {
    const endpoint = { host, protocol: 'HTTP' as const, caBundle: undefined, region: 'cn-hangzhou' };
    const send = pcaCall({ endpoint, transport, timeoutMs, userAgent: 'test' });
    return compose(send, withAccessKey(accessKey))(call, { signal: new AbortController().signal });
  };
  const endsWithValue = fc.asyncProperty(script, async (chosen) => {
    next = chosen;
    const isOver = chosen.after === 'end' || chosen.after === 'reset';
    const outcome = await callWithin(isOver ? longMs : shortMs);
    if (outcome.kind === 'ok') return;
    const { code, message } = outcome.failure;
    // Whoever closes the connection leaves nothing to wait for.
    if (isOver) expect(code).not.toBe('DeadlineExceeded');
    expect(message).toMatch(/^CreateCustomCertificate at 127\.0\.0\.1:\d+ failed, /);
    expect(message.length).toBeLessThanOrEqual(500);
    expect(message).not.toContain(accessKey.accessKeySecret);
  });
  // What is loaded and compiled once is not kept of anything.
  await fc.assert(endsWithValue, { numRuns: 50 });
  const before = held();
  await fc.assert(endsWithValue, { numRuns: 300 });
  // Connections that were given up are closed a moment later.
  await until('what was read to be let go', () => {
    const kept = held() - before;
    if (kept >= mostKept) throw new NotYet(`${kept} bytes are kept`);
    return true;
  });
});
