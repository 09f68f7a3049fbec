// A request that is under way arrives, however long that takes.
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Network } from '../../support/network.ts';
import { until } from '../../support/wait.ts';

test('a late request arrives although the server has closed its connection for want of it', async () => {
  const arrived: string[] = [];
  let closed = 0;
  const server = createServer((socket) => {
    socket.on('data', (chunk) => arrived.push(chunk.toString()));
    socket.on('error', () => socket.destroy());
    // As a server of HTTP does that is sent nothing.
    if (closed === 0) setImmediate(() => socket.end());
    socket.on('close', () => (closed += 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const network = await Network.start((server.address() as AddressInfo).port);
  onTestFinished(async () => {
    await network.stop();
    server.close();
  });
  network.become('requestsLate');
  const client = connect(network.port, '127.0.0.1');
  client.on('error', () => client.destroy());
  client.write('the request');
  await until('the server to close the connection', () => closed === 1);
  expect([network.late, arrived]).toEqual([1, []]);
  network.deliver();
  await until('the request to arrive', () => arrived.length > 0);
  expect([network.late, arrived]).toEqual([0, ['the request']]);
});
