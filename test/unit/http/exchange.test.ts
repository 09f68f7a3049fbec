// One exchange over a real connection, whatever the server does.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pool } from 'undici';
import { exchange } from '../../../src/http/exchange.ts';
import type { AnswerOptions } from '../../../src/http/exchange.ts';
import { until } from '../../support/wait.ts';

const most = 300 * 1024;

let server: Server;
let pool: Pool;
let answer: RequestListener;
const sockets = new Set<Socket>();

beforeEach(async () => {
  sockets.clear();
  server = createServer((request, response) => answer(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 });
});

afterEach(async () => {
  await pool.destroy();
  server.closeAllConnections();
  server.close();
});

const sent = async (options: Partial<AnswerOptions> = {}) =>
  exchange(
    pool,
    { method: 'POST', path: '/', body: 'question' },
    { signal: new AbortController().signal, largestBytes: () => most, ...options },
  );

describe('an exchange', () => {
  it('gives status, headers and body', async () => {
    answer = (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        response.writeHead(201, { 'x-asked': `${String(request.method)} ${text}` }).end('answer');
      });
    };
    const { status, headers, body } = await sent();
    expect({ status, asked: headers['x-asked'], body: body?.toString() }).toEqual({
      status: 201,
      asked: 'POST question',
      body: 'answer',
    });
  });

  it.each([
    ['as large as is read', most, most],
    ['larger', most + 1, undefined],
  ])('reads a body that is %s', async (_, size, read) => {
    answer = (_request, response) => response.end(Buffer.alloc(size, 7));
    expect((await sent()).body?.length).toBe(read);
  });

  it('closes the connection of an answer that does not end', async () => {
    answer = (_request, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(64 * 1024), () => setImmediate(more));
      };
      more();
    };
    expect((await sent()).body).toBeUndefined();
    await until('the connection to be closed', async () => sockets.size === 0);
  });

  it('keeps no body that nobody wants, and its connection', async () => {
    answer = (_request, response) => response.end('unwanted');
    const first = await sent({ isKept: (status) => status >= 300 });
    const [socket] = sockets;
    await sent();
    expect({ body: first.body?.length, sockets: [...sockets] }).toEqual({ body: 0, sockets: [socket] });
  });

  it('rejects with the reason of its signal, and closes the connection', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    answer = (_request, response) => {
      response.writeHead(200);
      response.write('the beginning', () => controller.abort(reason));
    };
    await expect(sent({ signal: controller.signal })).rejects.toBe(reason);
    await until('the connection to be closed', async () => sockets.size === 0);
  });

  it('rejects at once while it waits for a connection, and is not sent then', async () => {
    let asked = 0;
    let finish = (): void => undefined;
    answer = (_request, response) => {
      asked += 1;
      finish = () => void response.end('late');
      if (asked > 1) finish();
    };
    const first = sent();
    await until('the first to be asked', async () => asked === 1);
    const controller = new AbortController();
    const second = sent({ signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toThrow('aborted');
    finish();
    expect((await first).body?.toString()).toBe('late');
    expect((await sent()).body?.toString()).toBe('late');
    expect(asked).toBe(2);
  });

  it('is not begun where its signal is aborted already', async () => {
    await expect(sent({ signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    expect(sockets.size).toBe(0);
  });

  it('rejects with what the reader of the head throws', async () => {
    const refusal = new Error('not from here');
    answer = (_request, response) => response.writeHead(407).end();
    const onHead = (): never => {
      throw refusal;
    };
    await expect(sent({ onHead })).rejects.toBe(refusal);
  });

  it('rejects heads without end', async () => {
    answer = (_request, response) => {
      for (let head = 0; head < 9; head += 1) response.writeProcessing();
    };
    await expect(sent()).rejects.toThrow('more than 8 informational replies came, and no other');
  });

  it('takes an answer after some informational ones', async () => {
    answer = (_request, response) => {
      for (let head = 0; head < 8; head += 1) response.writeProcessing();
      response.end('answer');
    };
    expect((await sent()).body?.toString()).toBe('answer');
  });

  it('rejects with the error of the network', async () => {
    answer = (request) => request.socket.destroy();
    await expect(sent()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });
});
