import type { ServerResponse } from 'node:http';

import { afterEach, describe, expect, test } from 'vitest';

import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { Reflector } from '../../../src/kubernetes/reflector.ts';
import type { ReflectorLimits, ReflectorOptions, ReflectorTrouble } from '../../../src/kubernetes/reflector.ts';
import { Store } from '../../../src/kubernetes/store.ts';
import { systemClock } from '../../../src/timing/clock.ts';
import { ApiDouble, beginWatch, bookmarkLine, line, sendJson, thing } from '../../support/api-double.ts';
import type { Answer, SeenRequest } from '../../support/api-double.ts';
import { hangLimitMs, until } from '../../support/wait.ts';

const path = '/apis/test/v1/things';

// Short where a test waits for it, long where it must not happen.
const quickLimits: Partial<ReflectorLimits> = {
  firstPauseMs: 20,
  longestPauseMs: 80,
  silenceMs: 100_000,
  initialSilenceMs: 100_000,
};

interface Running {
  readonly double: ApiDouble;
  readonly store: Store<string>;
  readonly reflector: Reflector<string>;
  readonly troubles: ReflectorTrouble[];
  readonly changes: string[];
  readonly restarts: string[];
  stop(): Promise<void>;
}

const running: Running[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (each) => each.stop()));
});

/** Starts a reflector against the scripted server; the store holds `name@resourceVersion`. */
async function reflect(answer: Answer, options: Partial<ReflectorOptions<string>> = {}): Promise<Running> {
  const double = await ApiDouble.start(answer);
  const client = new KubernetesClient(double.connection(), { userAgent: 'test' });
  const store = options.store ?? new Store<string>();
  const troubles: ReflectorTrouble[] = [];
  const changes: string[] = [];
  const restarts: string[] = [];
  store.onChange(({ type, key }) => changes.push(`${type} ${key}`));
  const reflector = new Reflector<string>({
    name: 'things',
    client,
    path,
    store,
    transform: ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`,
    clock: { ...systemClock, random: () => 0 },
    onTrouble: (trouble) => troubles.push(trouble),
    onRestart: (cause) => restarts.push(cause),
    ...options,
    limits: { ...quickLimits, ...options.limits },
  });
  const controller = new AbortController();
  const run = reflector.run(controller.signal);
  const one: Running = {
    double,
    store,
    reflector,
    troubles,
    changes,
    restarts,
    stop: async () => {
      controller.abort();
      await run;
      await client.close();
      await double.stop();
    },
  };
  running.push(one);
  return one;
}

function isWatchList({ query }: SeenRequest): boolean {
  return query['sendInitialEvents'] === 'true';
}

function sendState(
  response: ServerResponse,
  objects: readonly KubernetesObject[],
  resourceVersion: string,
): ServerResponse {
  const lines = objects.map((object) => line('ADDED', object));
  beginWatch(response).write(`${lines.join('')}${bookmarkLine(resourceVersion, true)}`);
  return response;
}

function sendList(response: ServerResponse, objects: readonly KubernetesObject[], metadata: object): void {
  const items = objects.map(({ metadata: each }) => ({ metadata: each }));
  sendJson(response, 200, { kind: 'ThingList', metadata, items });
}

function sendStatus(response: ServerResponse, code: number, reason: string): void {
  sendJson(response, code, { kind: 'Status', code, reason, message: 'no' });
}

/** Answers as `answer` does, and with this version to who asks where the server stands. */
function standingAt(present: () => string, answer: Answer): Answer {
  return (request, response, count) => {
    if (request.query['watch'] === undefined) sendList(response, [], { resourceVersion: present() });
    else answer(request, response, count);
  };
}

/** A server whose WatchLists answer these states in turn and whose other watches stay open and silent. */
function statesInTurn(...states: readonly (readonly KubernetesObject[])[]): Answer {
  let next = 0;
  return (request, response) => {
    if (isWatchList(request)) {
      const state = states[Math.min(next, states.length - 1)] ?? [];
      next += 1;
      sendState(response, state, String(next * 100));
    } else beginWatch(response);
  };
}

describe('Reflector', () => {
  test('reads the initial state by WatchList and follows the same stream', async () => {
    let watch: ServerResponse | undefined;
    const one = await reflect(
      (_, response) => {
        watch = response;
        beginWatch(response).write(line('ADDED', thing('a', '1')));
      },
      { fieldSelector: 'spec.group=x', labelSelector: 'app=y' },
    );
    await until('the first event was read', () => one.reflector.lastContact > 0 && watch !== undefined);
    expect([one.reflector.hasSynced, one.store.size]).toEqual([false, 0]);
    watch?.write(line('ADDED', thing('b', '2')) + line('DELETED', thing('a', '3')) + bookmarkLine('5', true));
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect(one.store.list()).toEqual(['b@2']);
    watch?.write(line('MODIFIED', thing('b', '6')) + line('ADDED', thing('c', '7')) + bookmarkLine('9'));
    await until('the bookmark arrived', () => one.reflector.resourceVersion === '9');
    expect([one.store.list(), one.changes]).toEqual([
      ['b@6', 'c@7'],
      ['added ns/b', 'updated ns/b', 'added ns/c'],
    ]);
    expect([one.troubles, one.double.requests.map(({ query }) => query)]).toEqual([
      [],
      [
        {
          fieldSelector: 'spec.group=x',
          labelSelector: 'app=y',
          watch: '1',
          allowWatchBookmarks: 'true',
          timeoutSeconds: '300',
          sendInitialEvents: 'true',
          resourceVersionMatch: 'NotOlderThan',
        },
      ],
    ]);
  });

  test('shows the first state as it comes where that is wanted, and takes back what is gone when it is read again', async () => {
    let watch: ServerResponse | undefined;
    const one = await reflect(
      (_, response, count) => {
        watch = response;
        const first =
          line('ADDED', thing('a', '1')) + line('ADDED', thing('b', '2')) + line('DELETED', thing('a', '3'));
        beginWatch(response).write(count === 0 ? first : line('ADDED', thing('c', '4')));
      },
      { showsPart: true },
    );
    await one.reflector.begun(AbortSignal.timeout(hangLimitMs));
    await until('the deletion was read', () => one.changes.length === 3);
    expect([one.reflector.hasSynced, one.store.list()]).toEqual([false, ['b@2']]);
    watch?.destroy();
    await until('what the second attempt brought is shown', () => one.store.list().length === 2);
    expect([one.reflector.hasSynced, one.store.list()]).toEqual([false, ['b@2', 'c@4']]);
    watch?.write(bookmarkLine('5', true));
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect([one.store.list(), one.changes]).toEqual([
      ['c@4'],
      ['added ns/a', 'added ns/b', 'deleted ns/a', 'added ns/c', 'deleted ns/b'],
    ]);
  });

  test('does not store what transform leaves out, and takes out what it leaves out later', async () => {
    let watch: ServerResponse | undefined;
    const one = await reflect(
      (_, response) => {
        watch = response;
        sendState(response, [thing('a', '1'), thing('b', '2')], '2');
      },
      { transform: ({ metadata }) => (Number(metadata.resourceVersion) % 2 === 1 ? undefined : metadata.name) },
    );
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect(one.store.list()).toEqual(['b']);
    watch?.write(line('MODIFIED', thing('b', '3')) + bookmarkLine('4'));
    await until('the bookmark arrived', () => one.reflector.resourceVersion === '4');
    expect([one.store.list(), one.changes]).toEqual([[], ['added ns/b', 'deleted ns/b']]);
  });

  test.each([
    { code: 400, reason: 'BadRequest' },
    { code: 422, reason: 'Invalid' },
  ])('lists page by page when WatchList is refused with $code', async ({ code, reason }) => {
    const one = await reflect((request, response) => {
      if (isWatchList(request)) sendStatus(response, code, reason);
      else if (request.query['watch'] === '1') beginWatch(response).write(line('ADDED', thing('d', '11')));
      else if (request.query['continue'] === undefined)
        sendList(response, [thing('a', '1'), thing('b', '2')], { resourceVersion: '10', continue: 'more' });
      else sendList(response, [thing('c', '3')], { resourceVersion: '10' });
    });
    await until('the event after the list arrived', () => one.store.size === 4);
    expect(
      one.double.requests.slice(1).map(({ query }) => [query['limit'], query['continue'], query['resourceVersion']]),
    ).toEqual([
      ['100', undefined, undefined],
      ['100', 'more', undefined],
      [undefined, undefined, '10'],
    ]);
    expect(one.troubles.map(({ kind }) => kind)).toEqual(['NoEndMarker']);
  });

  test('lists page by page when the end marker never comes', async () => {
    const one = await reflect(
      (request, response) => {
        if (request.query['watch'] === '1')
          beginWatch(response).write(isWatchList(request) ? line('ADDED', thing('a', '1')) : '');
        else sendList(response, [thing('a', '1')], { resourceVersion: '10' });
      },
      { limits: { initialSilenceMs: 50 } },
    );
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect([one.troubles.map(({ kind }) => kind), one.store.list()]).toEqual([['NoEndMarker'], ['a@1']]);
  });

  test('starts the list again when a continue token has expired, with larger pages each time', async () => {
    const one = await reflect((request, response) => {
      const { query } = request;
      if (isWatchList(request)) sendStatus(response, 422, 'Invalid');
      else if (query['watch'] === '1') beginWatch(response);
      else if (query['limit'] === '2500') sendList(response, [thing('b', '2')], { resourceVersion: '20' });
      else if (query['continue'] === undefined)
        sendList(response, [thing('gone', '1')], { resourceVersion: '10', continue: 'old' });
      else sendJson(response, 410, { code: 410, reason: 'Expired', metadata: { continue: 'inconsistent' } });
    });
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect([one.store.list(), one.reflector.resourceVersion]).toEqual([['b@2'], '20']);
    expect(one.double.requests.slice(1, 6).map(({ query }) => [query['limit'], query['continue']])).toEqual([
      ['100', undefined],
      ['100', 'old'],
      ['500', undefined],
      ['500', 'old'],
      ['2500', undefined],
    ]);
  });

  test('asks for a page that is too large in smaller parts, and then for larger ones again', async () => {
    const large = (name: string): KubernetesObject => {
      const object = thing(name, '1');
      return { ...object, metadata: { ...object.metadata, annotations: { large: 'x'.repeat(3 * 1024 * 1024) } } };
    };
    const one = await reflect((request, response) => {
      const { query } = request;
      const limit = Number(query['limit']);
      if (isWatchList(request)) sendStatus(response, 422, 'Invalid');
      else if (query['watch'] === '1') beginWatch(response);
      else if (query['continue'] === undefined) {
        const items = ['a', 'b', 'c', 'd'].slice(0, limit).map(large);
        sendList(response, items, { resourceVersion: '10', ...(limit < 4 ? { continue: 'more' } : {}) });
      } else sendList(response, [thing('z', '2')], { resourceVersion: '10' });
    });
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect(one.store.list()).toEqual(['a@1', 'z@2']);
    expect(one.double.requests.slice(1, 6).map(({ query }) => [query['limit'], query['continue']])).toEqual([
      ['100', undefined],
      ['25', undefined],
      ['6', undefined],
      ['1', undefined],
      ['2', 'more'],
    ]);
  });

  test('lists without its selector when the server does not know the field, once and for all', async () => {
    const one = await reflect(
      (request, response) => {
        if (request.query['fieldSelector'] !== undefined)
          sendJson(response, 400, { reason: 'BadRequest', message: 'field label not supported: spec.group' });
        else if (isWatchList(request)) sendState(response, [thing('a', '1'), thing('other', '2')], '100');
        else beginWatch(response).write(line('ADDED', thing('b', '101')));
        if (request.query['fieldSelector'] === undefined && isWatchList(request)) response.end();
      },
      {
        fieldSelector: 'spec.group=x',
        transform: ({ metadata }) => (metadata.name === 'other' ? undefined : metadata.name),
      },
    );
    await until('the event of the second watch arrived', () => one.store.get('ns/b') !== undefined);
    expect([one.store.list(), one.troubles.map(({ kind, pauseMs }) => [kind, pauseMs])]).toEqual([
      ['a', 'b'],
      [['SelectorUnsupported', undefined]],
    ]);
    expect(one.double.requests.map(({ query }) => query['fieldSelector'])).toEqual([
      'spec.group=x',
      undefined,
      undefined,
    ]);
  });

  test.each([
    { code: 400, kind: 'Rejected' },
    { code: 401, kind: 'Unauthorized' },
    { code: 405, kind: 'Rejected' },
    { code: 422, kind: 'Rejected' },
    { code: 403, kind: 'Forbidden' },
    { code: 404, kind: 'CollectionMissing' },
    { code: 503, kind: 'Refused' },
  ])('names a list that is always answered $code as $kind, and asks less and less often', async ({ code, kind }) => {
    const one = await reflect((_, response) => sendStatus(response, code, 'x'));
    await until('several refusals', () => one.troubles.length > 3);
    const troubles = one.troubles.filter((trouble) => trouble.kind !== 'NoEndMarker').slice(0, 3);
    expect(troubles.map((trouble) => [trouble.kind, trouble.pauseMs])).toEqual([
      [kind, 10],
      [kind, 20],
      [kind, 40],
    ]);
  });

  test('waits longer and longer when each watch expires right after everything was read', async () => {
    const one = await reflect((_, response) => {
      sendState(response, [], '100');
      response.end(line('ERROR', { code: 410, reason: 'Expired' }));
    });
    await until('several refusals', () => one.troubles.length > 2);
    expect(one.troubles.map(({ kind, pauseMs }) => [kind, pauseMs]).slice(0, 3)).toEqual([
      ['Expired', 10],
      ['Expired', 20],
      ['Expired', 40],
    ]);
  });

  test.each([
    { name: 'a bookmark', sign: bookmarkLine('900') },
    { name: 'an event', sign: line('MODIFIED', thing('a', '900')) },
  ])('reads everything again when $name shows that the history went back', async ({ sign }) => {
    let states = 0;
    const one = await reflect((request, response) => {
      if (!isWatchList(request)) return void beginWatch(response);
      states += 1;
      if (states === 1) {
        sendState(response, [thing('a', '4000'), thing('lost', '4500'), thing('same', '800')], '5000');
        response.write(sign);
      } else sendState(response, [thing('a', '700'), thing('same', '800')], '901');
    });
    await until('the restored state is there', () => one.reflector.resourceVersion === '901');
    expect([one.store.list(), one.troubles.map(({ kind }) => kind), one.changes.slice(3)]).toEqual([
      ['a@700', 'same@800'],
      ['Rewound'],
      // Also of what seems the same: the same version may come again with other content.
      ['deleted ns/lost', 'updated ns/a', 'updated ns/same'],
    ]);
  });

  test('goes on where versions are equal, or are no numbers that could be compared', async () => {
    const one = await reflect((_, response) => {
      sendState(response, [], '100');
      response.write(bookmarkLine('100') + bookmarkLine('0') + bookmarkLine('x9') + bookmarkLine('x1'));
      response.write(bookmarkLine('5') + bookmarkLine('5') + line('ADDED', thing('a', '5')));
    });
    await until('the event arrived', () => one.store.size === 1);
    expect([one.troubles, one.double.requests.length, one.reflector.resourceVersion]).toEqual([[], 1, '5']);
  });

  test('does not loop between two servers of which one is behind', async () => {
    const one = await reflect((_, response) => {
      sendState(response, [], '100');
      response.write(bookmarkLine('90'));
    });
    await until('several signs', () => one.troubles.length > 2);
    expect(one.troubles.map(({ kind, pauseMs }) => [kind, pauseMs]).slice(0, 3)).toEqual([
      ['Rewound', 10],
      ['Rewound', 20],
      ['Rewound', 40],
    ]);
  });

  test('reads everything again when a watch said nothing at all, as one from the future of the server does', async () => {
    let states = 0;
    const one = await reflect(
      (request, response) => {
        if (!isWatchList(request)) return void beginWatch(response);
        states += 1;
        sendState(response, [thing('a', '1')], states === 1 ? '5000' : '900');
        if (states === 1) response.end();
      },
      { limits: { silenceMs: 300 } },
    );
    await until('the restored state is there', () => one.reflector.resourceVersion === '900');
    expect(one.troubles.map(({ kind }) => kind)).toEqual(['Stalled']);
  });

  test.each<[string, (response: ServerResponse) => void, readonly string[]]>([
    ['cut', (response) => void beginWatch(response).destroy(), ['Cut', 'Rewound']],
    ['refused', (response) => sendStatus(response, 503, 'x'), ['Refused', 'Rewound']],
  ])(
    'asks where the server stands after a watch was %s, and reads everything again when it went back',
    async (_, fail, kinds) => {
      let states = 0;
      const one = await reflect(
        standingAt(
          () => '900',
          (request, response) => {
            if (!isWatchList(request)) {
              fail(response);
              return;
            }
            states += 1;
            sendState(response, [thing('a', '1'), thing(`only-${states}`, '2')], states === 1 ? '5000' : '901');
            if (states === 1) response.end();
          },
        ),
      );
      await until('the restored state is there', () => one.reflector.resourceVersion === '901');
      expect([one.store.list(), one.troubles.map(({ kind }) => kind), one.changes.slice(2)]).toEqual([
        ['a@1', 'only-2@2'],
        kinds,
        ['deleted ns/only-1', 'updated ns/a', 'added ns/only-2'],
      ]);
      expect(one.double.requests.map(({ query }) => query['resourceVersion'] ?? query['limit'])).toEqual([
        undefined,
        '5000',
        '1',
        undefined,
      ]);
    },
  );

  test('asks again where the server stands until it says so, and watches meanwhile', async () => {
    let watches = 0;
    let asked = 0;
    const one = await reflect((request, response) => {
      if (isWatchList(request)) return void sendState(response, [], '100').end();
      if (request.query['watch'] === undefined) {
        asked += 1;
        if (asked === 1) sendStatus(response, 500, 'x');
        else sendList(response, [], { resourceVersion: '100' });
        return;
      }
      watches += 1;
      if (watches < 4) return void beginWatch(response).destroy();
      beginWatch(response).write(line('ADDED', thing('b', '101')));
    });
    await until('the event of the last watch arrived', () => one.store.size === 1);
    expect(one.double.requests.slice(1).map(({ query }) => query['resourceVersion'] ?? query['limit'])).toEqual([
      '100',
      '1',
      '100',
      '1',
      '100',
      '1',
      '100',
    ]);
    expect(one.troubles.map(({ kind }) => kind)).toEqual(['ShortWatch', 'Cut', 'Cut', 'Cut']);
  });

  test('leaves out an event that is too long, and goes on', async () => {
    const one = await reflect(
      (_, response) => {
        sendState(response, [], '100');
        response.write(line('ADDED', thing('x'.repeat(5_000), '101')) + line('ADDED', thing('b', '102')));
      },
      { limits: { largestLineBytes: 4_000 } },
    );
    await until('the event after it arrived', () => one.store.size === 1);
    expect([one.store.list(), one.troubles.map(({ kind }) => kind), one.double.requests.length]).toEqual([
      ['b@102'],
      ['TooLong'],
      1,
    ]);
  });

  test('reads everything again after ERROR 410, and finds what vanished and what was replaced', async () => {
    const states = statesInTurn(
      [thing('gone', '1'), thing('same', '2'), thing('replaced', '3', 'old')],
      [thing('same', '2'), thing('replaced', '8', 'new'), thing('fresh', '9')],
    );
    const one = await reflect((request, response, count) => {
      states(request, response, count);
      if (count === 0)
        response.end(line('ERROR', { code: 410, reason: 'Expired', message: 'too old resource version' }));
    });
    await until('the second state is there', () => one.store.get('ns/fresh') !== undefined);
    expect(one.changes.slice(3)).toEqual([
      'deleted ns/gone',
      'deleted ns/replaced',
      'added ns/replaced',
      'added ns/fresh',
    ]);
    expect(one.troubles.map(({ kind }) => kind)).toEqual(['Expired']);
  });

  test.each([
    { name: 'HTTP 410', resync: true, kind: 'Expired', answer: (r: ServerResponse) => sendStatus(r, 410, 'Expired') },
    {
      name: 'ERROR 500',
      resync: false,
      kind: 'ErrorEvent',
      answer: (r: ServerResponse) => beginWatch(r).end(line('ERROR', { code: 500, message: 'etcd' })),
    },
    { name: 'no JSON', resync: true, kind: 'Garbage', answer: (r: ServerResponse) => beginWatch(r).write('<html>\n') },
    {
      name: 'a huge line without an end',
      resync: false,
      kind: 'Cut',
      answer: (r: ServerResponse) => beginWatch(r).end('x'.repeat(5000)),
    },
    {
      name: 'half a line',
      resync: false,
      kind: 'Cut',
      answer: (r: ServerResponse) => beginWatch(r).end(line('ADDED', thing('half', '101')).slice(0, 30)),
    },
    { name: 'a cut connection', resync: false, kind: 'Cut', answer: (r: ServerResponse) => beginWatch(r).destroy() },
    { name: 'a short watch', resync: false, kind: 'ShortWatch', answer: (r: ServerResponse) => beginWatch(r).end() },
    { name: '503', resync: false, kind: 'Refused', answer: (r: ServerResponse) => sendStatus(r, 503, 'x') },
    { name: '403', resync: false, kind: 'Forbidden', answer: (r: ServerResponse) => sendStatus(r, 403, 'Forbidden') },
    {
      name: '404',
      resync: true,
      kind: 'CollectionMissing',
      answer: (r: ServerResponse) => sendStatus(r, 404, 'NotFound'),
    },
  ])('goes on after $name', async ({ resync, kind, answer }) => {
    let followed = 0;
    const one = await reflect(
      standingAt(
        () => '101',
        (request, response, count) => {
          if (count === 0) {
            sendState(response, [thing('a', '1')], '100');
            response.end();
          } else if (isWatchList(request)) sendState(response, [thing('a', '1'), thing('b', '101')], '101');
          else {
            followed += 1;
            (followed === 1 ? answer : (r: ServerResponse) => beginWatch(r).write(line('ADDED', thing('b', '101'))))(
              response,
            );
          }
        },
      ),
      { limits: { largestLineBytes: 4000 } },
    );
    await until('the event after the trouble arrived', () => one.store.get('ns/b') === 'b@101');
    expect(one.troubles.map((trouble) => trouble.kind)).toEqual([kind]);
    expect(one.double.requests.filter(isWatchList).length).toBe(resync ? 2 : 1);
    expect(one.double.requests.at(-1)?.query['resourceVersion']).toBe(resync ? undefined : '100');
  });

  test('gives a silent watch up and opens it anew where it was', async () => {
    const one = await reflect(
      (request, response) => {
        if (isWatchList(request)) sendState(response, [thing('a', '1')], '100');
        else beginWatch(response).write(line('ADDED', thing('b', '101')));
      },
      { limits: { silenceMs: 300 } },
    );
    await until('the event of the second watch arrived', () => one.store.get('ns/b') !== undefined);
    expect([one.troubles[0]?.kind, one.restarts[0], one.double.requests[1]?.query['resourceVersion']]).toEqual([
      'Stalled',
      'stalled',
      '100',
    ]);
  });

  test('gives a watch up that the server does not end', async () => {
    const one = await reflect(
      (request, response) => {
        if (isWatchList(request)) sendState(response, [], '100');
        else beginWatch(response).write(line('ADDED', thing('b', '101')));
      },
      { limits: { shortestWatchSeconds: 0, longestWatchSeconds: 0, overtimeMs: 500 } },
    );
    await until('the event of the second watch arrived', () => one.store.get('ns/b') !== undefined);
    expect(one.troubles[0]?.kind).toBe('Overdue');
  });

  test('waits longer and longer for a collection that does not exist, and takes it up when it appears', async () => {
    const one = await reflect((request, response, count) => {
      if (count < 4) sendStatus(response, 404, 'NotFound');
      else statesInTurn([thing('a', '1')])(request, response, count);
    });
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect(one.troubles.map(({ kind, pauseMs }) => [kind, pauseMs])).toEqual(
      [10, 20, 40, 40].map((pause) => ['CollectionMissing', pause]),
    );
  });

  test('waits as long as the server asks, with jitter', async () => {
    const one = await reflect(
      (request, response, count) => {
        if (count === 0) sendJson(response, 429, { message: 'storage is (re)initializing' }, { 'retry-after': '1' });
        else statesInTurn([])(request, response, count);
      },
      { clock: { ...systemClock, random: () => 0.5 } },
    );
    await until('the refusal was reported', () => one.troubles.length === 1);
    expect(one.troubles[0]?.pauseMs).toBe(1250);
  });

  test('ends the back-off after a healthy watch', async () => {
    // Only the watch that is to be a healthy one lasts, by the reflector's clock.
    let now = 0;
    let watches = 0;
    const one = await reflect(
      standingAt(
        () => '100',
        (request, response) => {
          watches += 1;
          if (isWatchList(request)) sendState(response, [], '100').end();
          else if (watches === 5) {
            beginWatch(response);
            now += 1_000;
            response.end();
          } else sendStatus(response, 503, 'x');
        },
      ),
      { clock: { ...systemClock, random: () => 0, monotonic: () => now }, limits: { healthyMs: 1_000, shortMs: 900 } },
    );
    await until('there was trouble after the healthy watch', () => one.troubles.length >= 5);
    expect(one.troubles.slice(0, 5).map(({ kind, pauseMs }) => [kind, pauseMs])).toEqual([
      ['ShortWatch', 10],
      ['Refused', 20],
      ['Refused', 40],
      ['Refused', 40],
      ['Refused', 10],
    ]);
  });

  test('ends the back-off for refusals when the collection can be read again', async () => {
    // As when a CRD is deleted, applied again and updated a moment later.
    const one = await reflect((request, response, count) => {
      if (count < 3) return sendStatus(response, 404, 'x');
      if (count === 3) {
        sendState(response, [], '100');
        return response.end();
      }
      return sendStatus(response, count === 4 ? 429 : 410, isWatchList(request) ? 'again' : 'x');
    });
    await until('the history had expired', () => one.troubles.length >= 6);
    expect(one.troubles.slice(0, 6).map(({ kind, pauseMs }) => [kind, pauseMs])).toEqual([
      ['CollectionMissing', 10],
      ['CollectionMissing', 20],
      ['CollectionMissing', 40],
      ['ShortWatch', 10],
      ['Refused', 20],
      ['Expired', 40],
    ]);
  });

  test('reports what listeners and transform throw and stays right', async () => {
    const store = new Store<string>();
    store.onChange(() => {
      throw new Error('listener');
    });
    const one = await reflect((_, response) => sendState(response, [thing('bad', '1'), thing('good', '2')], '2'), {
      store,
      transform: ({ metadata }) => {
        if (metadata.name === 'bad') throw new Error('transform');
        return metadata.name;
      },
      onTrouble: () => {
        throw new Error('reporter');
      },
    });
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    expect([one.store.list(), one.reflector.resourceVersion, one.changes]).toEqual([['good'], '2', ['added ns/good']]);
  });

  test('stops silently: nothing is reported, nothing applied, and run() has ended', async () => {
    let watch: ServerResponse | undefined;
    const one = await reflect((_, response) => {
      watch = response;
      sendState(response, [], '2');
    });
    await one.reflector.synced(AbortSignal.timeout(hangLimitMs));
    await one.stop();
    watch?.write(line('ADDED', thing('late', '3')));
    expect([one.troubles, one.restarts, one.store.size, one.double.requests.length]).toEqual([[], [], 0, 1]);
  });

  test('lets the event loop go while it reads a burst', async () => {
    const burst = Array.from({ length: 5000 }, (_, index) => line('ADDED', thing(`t${index}`, String(index + 3)))).join(
      '',
    );
    const one = await reflect((_, response) => {
      sendState(response, [], '2');
      response.write(burst);
    });
    const sizes = new Set<number>();
    // At every turn of the event loop, however long one takes.
    while (one.store.size < 5000) {
      sizes.add(one.store.size);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sizes.size).toBeGreaterThan(3);
  });

  test('ends the wait for the first state with the signal', async () => {
    const one = await reflect((_, response) => beginWatch(response));
    expect([
      await one.reflector.synced(AbortSignal.timeout(20)),
      await one.reflector.synced(AbortSignal.abort()),
      await one.reflector.begun(AbortSignal.abort()),
    ]).toEqual([false, false, false]);
  });
});
