// The server of the demo's page, asked without a browser.
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';

import { servePage } from '../../../../scripts/demo/page/server.ts';
import type { PageParts, PageServer } from '../../../../scripts/demo/page/server.ts';
import type { PageState } from '../../../../scripts/demo/page/state.ts';

describe('the server', () => {
  const opened: PageServer[] = [];
  afterEach(async () => {
    for (const server of opened.splice(0)) await server.close();
  });

  const empty: PageState = {
    tables: { issuers: [], certificates: [], requests: [], calls: [] },
    summary: 'Nothing.',
    faults: [],
    trouble: '',
  };

  async function serve(parts: Partial<PageParts> = {}): Promise<string> {
    const server = await servePage({
      page: { html: '<p>page', policy: "default-src 'none'" },
      state: async () => empty,
      setFault: async (id) => id === 'cut',
      ask: async () => 'asked-1',
      ...parts,
    });
    opened.push(server);
    return server.url;
  }

  /** fetch would not let a Host or an Origin of others through. */
  async function send(
    url: string,
    {
      method = 'GET',
      body = '',
      headers = {},
    }: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<readonly [number, string]> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve([response.statusCode ?? 0, text]));
      });
      sent.on('error', reject).end(body);
    });
  }

  it('serves the page under its policy, on the loopback', async () => {
    const url = await serve();
    const response = await fetch(url);
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect([response.status, response.headers.get('content-security-policy'), await response.text()]).toEqual([
      200,
      "default-src 'none'",
      '<p>page',
    ]);
  });

  it('answers what its buttons ask', async () => {
    const url = await serve();
    const post = async (path: string, body: string) => send(`${url}${path}`, { method: 'POST', body });
    const wrong = [400, '{"message":"The body names a fault of the page as \\"id\\", and \\"on\\": true or false."}'];
    expect([
      await send(`${url}state`),
      await post('faults', '{"id":"cut","on":true}'),
      await post('faults', '{"id":"nothing","on":true}'),
      await post('faults', '{"id":"cut","on":"yes"}'),
      await post('faults', 'no JSON'),
      await post('faults', `"${'x'.repeat(20_000)}"`),
      await post('certificates', '{}'),
      (await post('elsewhere', '{}'))[0],
    ]).toEqual([
      [200, JSON.stringify(empty)],
      [200, '{}'],
      wrong,
      wrong,
      wrong,
      wrong,
      [200, '{"name":"asked-1"}'],
      404,
    ]);
  });

  it('tells in words what went wrong', async () => {
    const url = await serve({ ask: async () => Promise.reject(new Error('The API server is away.')) });
    expect(await send(`${url}certificates`, { method: 'POST', body: '{}' })).toEqual([
      500,
      '{"message":"The API server is away."}',
    ]);
  });

  it.each([
    ['under another name', 'GET', { host: 'evil.test' }],
    ['from a page of others', 'POST', { origin: 'http://evil.test' }],
    ['as a form of others', 'POST', { 'content-type': 'text/plain' }],
  ])('refuses what comes %s', async (_name, method, headers) => {
    let pressed = false;
    const url = await serve({
      ask: async () => {
        pressed = true;
        return '';
      },
    });
    const answer = await send(`${url}certificates`, { method, headers, body: '{}' });
    expect([answer, pressed]).toEqual([
      [403, '{"message":"Open the page by the address that the demo prints."}'],
      false,
    ]);
  });

  it('tells browsers of each change once', async () => {
    let summary = 'First.';
    const url = await serve({ state: async () => ({ ...empty, summary }) });
    const response = await fetch(`${url}events`);
    const seen: string[] = [];
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n').filter((part) => part.startsWith('data: ') && part.endsWith('}'));
      seen.splice(0, seen.length, ...messages.map((part) => (JSON.parse(part.slice(6)) as PageState).summary));
      if (seen.length === 1) summary = 'Second.';
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['First.', 'Second.']);
  });

  it('ends although browsers look at it', async () => {
    const url = await serve();
    const reader = (await fetch(`${url}events`)).body!.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader.read();
    await opened.pop()?.close();
    const rest = await reader.read().then(
      ({ done }) => done,
      () => 'cut',
    );
    expect([first.done, ['cut', true].includes(rest)]).toEqual([false, true]);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
