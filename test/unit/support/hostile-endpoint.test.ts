// The hostile endpoint keeps a connection in order on which both the test and the simulator answer.
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { whole } from '../../support/hostile/answers.ts';
import { HostileEndpoint } from '../../support/hostile/endpoint.ts';

test('an answer of the simulator follows one of the test on the same connection', async () => {
  const simulator = createServer((_request, response) => void response.end('{"genuine":true}'));
  await new Promise<void>((resolve) => simulator.listen(0, '127.0.0.1', resolve));
  const endpoint = await HostileEndpoint.start({
    simulator: `127.0.0.1:${(simulator.address() as AddressInfo).port}`,
    isGenuine: (action) => action === 'GetCallerIdentity',
    answer: ({ socket }) => void socket.write(whole(200, '{"genuine":false}')),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(async () => {
    agent.destroy();
    await endpoint.stop();
    simulator.close();
  });
  const [host, port] = endpoint.host.split(':');
  const call = async (action: string) =>
    new Promise((resolve, reject) => {
      const headers = { 'x-acs-action': action };
      const sent = request({ host, port, agent, method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve([text, sent.reusedSocket]));
      });
      sent.on('error', reject).end();
    });
  expect([
    await call('DescribeCACertificate'),
    await call('GetCallerIdentity'),
    await call('GetCallerIdentity'),
  ]).toEqual([
    ['{"genuine":false}', false],
    ['{"genuine":true}', true],
    ['{"genuine":true}', true],
  ]);
});
