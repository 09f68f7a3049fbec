// The parts of the demo that need no cluster.
import { describe, expect, it } from 'vitest';

import { findDemoFault, ignoredKubeconfigNotice } from '../../../scripts/demo/arguments.ts';
import { findMissing } from '../../../scripts/demo/cluster.ts';
import {
  pointAtSimulator,
  readQuickstart,
  readReadmeExample,
  secretFor,
  secretNameOf,
} from '../../../scripts/demo/quickstart.ts';
import { Interrupted, named, undoAll, unlessInterrupted } from '../../../scripts/demo/undo.ts';
import { manualOf } from '../../../scripts/task/help.ts';
import { tasks } from '../../../scripts/task/tasks.ts';
import { readCommandLine } from '../../../src/command-line/reading.ts';
import type { Manifest } from '../../support/cluster.ts';

const plain = { keep: false, kubeconfig: undefined, cluster: false, mesh: false };

describe('the arguments of the demo', () => {
  it.each([
    [[], plain],
    [['--keep'], { ...plain, keep: true }],
    [['--kubeconfig', 'kind.yaml', '--keep'], { ...plain, keep: true, kubeconfig: 'kind.yaml' }],
    [['--kubeconfig=kind.yaml'], { ...plain, kubeconfig: 'kind.yaml' }],
    [['--cluster'], { ...plain, cluster: true }],
    [['--mesh', '--keep'], { ...plain, mesh: true, keep: true }],
  ])('%j', (given, values) => {
    expect(readCommandLine(manualOf<(typeof tasks)['demo']>(tasks.demo), given)).toEqual({
      kind: 'run',
      values,
      rest: [],
    });
    expect(findDemoFault(values)).toBeUndefined();
  });

  it.each([
    [
      { cluster: true, kubeconfig: 'kind.yaml' },
      '--cluster starts a cluster of its own: leave out --kubeconfig, or --cluster',
    ],
    [{ mesh: true, kubeconfig: 'kind.yaml' }, '--mesh starts a cluster of its own: leave out --kubeconfig, or --mesh'],
    [{ mesh: true, cluster: true }, '--mesh and --cluster are two demos: leave out one of them'],
  ])('name one cluster at most: %j', (given, fault) => {
    expect(findDemoFault({ ...plain, ...given })).toBe(fault);
  });

  it.each([
    [undefined, undefined, false],
    [undefined, '', false],
    [undefined, '/home/me/config', true],
    ['kind.yaml', '/home/me/config', false],
  ])('--kubeconfig %s with KUBECONFIG %s: a notice: %s', (kubeconfig, environment, noticed) => {
    const notice = ignoredKubeconfigNotice({ ...plain, kubeconfig }, environment);
    expect(notice?.includes('npm run demo -- --kubeconfig /home/me/config') ?? false).toBe(noticed);
  });
});

describe('undoing', () => {
  it('goes backwards, past what fails, and only once', async () => {
    const done: string[] = [];
    const undo = new AsyncDisposableStack();
    for (const name of ['first', 'second', 'third', 'fourth']) {
      undo.defer(
        named(name, async () => {
          done.push(name);
          await (['second', 'third'].includes(name) ? Promise.reject(new Error('busy')) : Promise.resolve());
        }),
      );
    }
    const failures = [await undoAll(undo), await undoAll(undo)];

    expect([done, failures]).toEqual([
      ['fourth', 'third', 'second', 'first'],
      [['Could not remove: third (busy)', 'Could not remove: second (busy)'], []],
    ]);
  });

  it('an interruption ends a wait at once, one that came before too', async () => {
    const controller = new AbortController();
    const waiting = unlessInterrupted(controller.signal, new Promise<never>(() => {}));
    controller.abort(new Interrupted('SIGTERM'));

    await expect(waiting).rejects.toEqual(new Interrupted('SIGTERM'));
    await expect(unlessInterrupted(controller.signal, new Promise<never>(() => {}))).rejects.toThrow(
      'interrupted by SIGTERM',
    );
  });

  it('a result that comes first is handed on', async () => {
    expect(await unlessInterrupted(new AbortController().signal, Promise.resolve(1))).toBe(1);
  });
});

const service = {
  host: '127.0.0.1:1234',
  protocol: 'HTTP',
  accessKeyId: 'id',
  accessKeySecret: 'secret',
  parentIdentifier: 'ca',
};

describe('the quickstart', () => {
  it('changes only what a user edits, and the namespace', async () => {
    const written = await readQuickstart();
    const pointed = pointAtSimulator(written, 'demo', service);

    const unchanged = written.map((manifest) => ({
      ...manifest,
      metadata: { ...manifest.metadata, namespace: 'demo' },
    }));
    expect(pointed).toEqual(
      unchanged.map((manifest) => {
        if (manifest.kind === 'Secret')
          return { ...manifest, stringData: { accessKeyId: 'id', accessKeySecret: 'secret' } };

        const endpoint = { host: '127.0.0.1:1234', protocol: 'HTTP' };
        const spec = (manifest as Manifest)['spec'] as object;
        return manifest.kind === 'AlibabaPCAIssuer'
          ? { ...manifest, spec: { ...spec, parentIdentifier: 'ca', endpoint } }
          : manifest;
      }),
    );
    expect(new Set(pointed.map(({ kind }) => kind))).toEqual(new Set(['Secret', 'AlibabaPCAIssuer', 'Certificate']));
  });

  it("takes README.md's example as well, with the Secret that it leaves to the reader", async () => {
    const { objects, namespace } = await readReadmeExample();
    const [issuer, certificate] = pointAtSimulator(objects, namespace, service);
    expect([namespace, issuer?.['spec'], certificate, secretFor(objects, service)]).toEqual([
      'shop',
      {
        parentIdentifier: service.parentIdentifier,
        region: 'cn-hangzhou',
        credentials: { secretRef: { name: 'pca-access-key' } },
        endpoint: { host: service.host, protocol: service.protocol },
      },
      objects[1],
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pca-access-key', namespace: 'shop' },
        stringData: { accessKeyId: service.accessKeyId, accessKeySecret: service.accessKeySecret },
      },
    ]);
  });

  it('tells the Secret of its Certificate', () => {
    const certificate = {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'a' },
      spec: { secretName: 's' },
    };
    expect(secretNameOf([certificate])).toBe('s');
    expect(() => secretNameOf([])).toThrow('has no Certificate with a secretName');
  });
});

describe("a user's cluster", () => {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'a', namespace: 'one' } };
  const elsewhere = { ...role, metadata: { name: 'a', namespace: 'two' } };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a', namespace: 'one' } };

  it.each([
    ['nothing', '', [role, elsewhere, account]],
    ['one of them', JSON.stringify(role), [elsewhere, account]],
    ['several', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [role, account] }), [elsewhere]],
  ])('that has %s gets the rest', async (_what, found, missing) => {
    expect(await findMissing(async () => Promise.resolve(found), [role, elsewhere, account])).toEqual(missing);
  });
});
