// The stub as the operator's own client and reflector meet it.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stubServer } from '../../../../../scripts/bench/stub/server.ts';
import { KubernetesClient } from '../../../../../src/kubernetes/client.ts';
import type { KubernetesObject } from '../../../../../src/kubernetes/objects.ts';
import { Reflector } from '../../../../../src/kubernetes/reflector.ts';
import { Store } from '../../../../../src/kubernetes/store.ts';
import { until } from '../../../../support/wait.ts';

const collection = '/apis/cert-manager.io/v1/certificaterequests';
const pathOf = (name: string): string => `/apis/cert-manager.io/v1/namespaces/ns/certificaterequests/${name}`;
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

let server: Server;
let url: string;
let client: KubernetesClient;
const end = { controller: new AbortController() };

beforeEach(async () => {
  server = stubServer(undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = { server: url, namespace: undefined, credentials: async () => ({ headers: {}, tls: {} }) };
  client = new KubernetesClient(connection, { userAgent: 'test' });
  end.controller = new AbortController();
});
afterEach(async () => {
  end.controller.abort();
  await client.close();
  server.closeAllConnections();
  server.close();
});

async function order(name: string, body?: unknown): Promise<Response> {
  return fetch(`${url}/stub/${name}`, { method: 'POST', body: JSON.stringify(body) });
}

async function make(...names: readonly string[]): Promise<void> {
  await order(
    'make',
    names.map((name) => ({ path: pathOf(name), object: { metadata: { name, namespace: 'ns' }, spec: {} } })),
  );
}

type WithStatus = KubernetesObject & { readonly status?: unknown };

/** What a reflector has in its store: names, each with the status. */
function reflected(): {
  readonly seen: () => Readonly<Record<string, unknown>>;
  readonly run: Promise<void>;
  readonly synced: Promise<boolean>;
} {
  const store = new Store<WithStatus>();
  const reflector = new Reflector({ name: 'stub', client, path: collection, store, transform: (object) => object });
  const { signal } = end.controller;
  return {
    seen: () => Object.fromEntries(store.list().map(({ metadata, status }) => [metadata.name, status])),
    run: reflector.run(signal),
    synced: reflector.synced(signal),
  };
}

it('shows a reflector what is there and what changes', async () => {
  await make('a');
  const { seen, run, synced } = reflected();
  expect(await synced).toBe(true);
  expect(seen()).toEqual({ a: undefined });
  await make('b');
  const { metadata } = await read('a');
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, status: ready };
  expect(await client.applyStatus(pathOf('a'), body, { fieldManager: 'test' })).toMatchObject({ kind: 'ok' });
  await until('the write to be seen', () => seen()['a'] !== undefined);
  expect(seen()).toEqual({ a: ready, b: undefined });
  await order('clear');
  await until('nothing to be left', () => Object.keys(seen()).length === 0);
  end.controller.abort();
  await run;
});

it('refuses a write to another version than the present one, and to nothing', async () => {
  await make('a');
  const body = { metadata: { resourceVersion: '1' }, status: ready };
  const answers = [
    await client.applyStatus(pathOf('a'), body, { fieldManager: 'test' }),
    await client.applyStatus(pathOf('z'), { status: ready }, { fieldManager: 'test' }),
  ];
  expect(answers.map((answer) => answer.kind === 'failed' && answer.failure.class)).toEqual(['Conflict', 'NotFound']);
});

it('tells when so many requests are finished', async () => {
  const write = async (name: string, status: object) =>
    client.applyStatus(pathOf(name), { status }, { fieldManager: 'test' });
  await make('a', 'b');
  await write('a', { conditions: [{ type: 'Ready', status: 'False' }] });
  await write('a', ready);
  expect(await (await order('finished?count=1')).json()).toEqual({ finished: 1 });
  const finished = order('finished?count=2');
  await write('b', ready);
  expect(await (await finished).json()).toEqual({ finished: 2 });
});

async function read(name: string): Promise<KubernetesObject> {
  const answer = await client.get<KubernetesObject>(pathOf(name));
  if (answer.kind !== 'ok') throw new Error(answer.failure.message);
  return answer.body;
}
