// What clients must trust stands published before requests go out, and what the API server says about it decides.
import { describe, expect, it } from 'vitest';
import { IssuerTrust } from '../../../../../src/controllers/issuers/trust/issuer-trust.ts';
import type { Publishing } from '../../../../../src/controllers/issuers/trust/issuer-trust.ts';
import { PublishedBundle } from '../../../../../src/controllers/issuers/trust/published-bundle.ts';
import type { Issuer } from '../../../../../src/crds/issuer.ts';
import type { KubernetesResult } from '../../../../../src/kubernetes/failure.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { never } from '../../../authority/pca-double.ts';
import { Stage } from '../controller-stage.ts';
import { checkParts } from '../check-stage.ts';
import { hierarchy, issuerObject, read, unserved } from '../objects.ts';

const publishTo = { trust: { publishTo: { name: 'roots' } } };
const root = hierarchy.root.pem;

/** An API server with ConfigMaps; `asked` is what it was asked. */
class Server {
  readonly asked: string[] = [];
  readonly configMaps = new Map<string, { metadata: Record<string, unknown>; data?: Record<string, string> }>();
  issuer: Issuer;
  /** What every write to a ConfigMap is answered. */
  refusal: KubernetesResult<never> | undefined;

  constructor(issuer: Issuer) {
    this.issuer = issuer;
  }

  get trust(): IssuerTrust {
    const answer = async <T>(what: string, result: () => KubernetesResult<unknown>): Promise<KubernetesResult<T>> => {
      this.asked.push(what);
      return result() as KubernetesResult<T>;
    };
    const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
    const kubernetes = {
      get: async <T>(path: string) =>
        answer<T>(`get ${name(path)}`, () => {
          if (path.includes('alibabapca')) return read(this.issuer);
          const found = this.configMaps.get(name(path));
          return found === undefined ? unserved('NotFound') : read(found);
        }),
      create: async <T>(_path: string, body: object) =>
        answer<T>('create', () => {
          const { metadata } = body as { metadata: { name: string } };
          const made = { metadata: { uid: 'cm', resourceVersion: '1', ...metadata } };
          if (this.refusal === undefined) this.configMaps.set(metadata.name, made);
          return this.refusal ?? read(made);
        }),
      patch: async <T>(path: string, body: object) =>
        answer<T>(`apply ${name(path)}`, () => {
          if (this.refusal !== undefined) return this.refusal;
          const before = this.configMaps.get(name(path));
          this.configMaps.set(name(path), { ...before, ...(body as { metadata: Record<string, unknown> }) });
          return read(body);
        }),
      delete: async (path: string) =>
        answer<undefined>(`delete ${name(path)}`, () => {
          this.configMaps.delete(name(path));
          return read(undefined);
        }),
    };
    return new IssuerTrust({
      sources: { isSame: async () => true },
      bundle: new PublishedBundle(kubernetes, 'test'),
      kubernetes,
      clusterResourceNamespace: 'issuers',
      clock: new FakeClock(),
    });
  }

  async publish(issuer = this.issuer): Promise<Publishing> {
    const checked = await checkParts({ issuer }).check.check(issuer, never);
    if (checked.kind !== 'ready') throw new Error(checked.problem.message);
    return this.trust.publish(issuer, checked.issuer, [], never);
  }
}

const outcome = (publishing: Publishing): string =>
  publishing.kind === 'notReady' ? publishing.problem.reason : publishing.kind;

describe('a bundle', () => {
  it('is made empty, which fails where there is one, and filled then', async () => {
    const server = new Server(issuerObject(publishTo));
    expect([outcome(await server.publish()), server.asked, server.configMaps.get('roots')?.data]).toEqual([
      'ready',
      ['get roots', 'get pca', 'get roots', 'create', 'apply roots'],
      { 'ca.crt': root },
    ]);
  });

  it('costs one read where it stands', async () => {
    const server = new Server(issuerObject(publishTo));
    await server.publish();
    server.asked.length = 0;
    expect([outcome(await server.publish()), server.asked]).toEqual(['ready', ['get roots']]);
  });

  it('is not written on the word of a watch that is behind', async () => {
    const issuer = issuerObject(publishTo);
    const server = new Server({ ...issuer, metadata: { ...issuer.metadata, resourceVersion: '2' } });
    expect([outcome(await server.publish(issuer)), server.configMaps.size]).toEqual(['stale', 0]);
  });

  it('moves: the former one is deleted after the new one stands', async () => {
    const trust = { bundle: '', certificates: [], configMap: { namespace: 'shop', name: 'former', key: 'ca.crt' } };
    const server = new Server({ ...issuerObject(publishTo), status: { conditions: [], trust } });
    const owner = { apiVersion: 'a', kind: 'b', name: 'pca', uid: 'u1', controller: true };
    server.configMaps.set('former', { metadata: { uid: 'f', resourceVersion: '1', ownerReferences: [owner] } });
    expect([outcome(await server.publish()), server.asked.slice(-3), [...server.configMaps.keys()]]).toEqual([
      'ready',
      ['apply roots', 'get former', 'delete former'],
      ['roots'],
    ]);
  });

  it("is in no other namespace than an AlibabaPCAIssuer's", async () => {
    const server = new Server(issuerObject({ trust: { publishTo: { name: 'roots', namespace: 'mesh' } } }));
    expect([outcome(await server.publish()), server.asked]).toEqual(['InvalidSettings', []]);
  });

  it('that is not taken keeps the issuer from being ready', async () => {
    const server = new Server(issuerObject(publishTo));
    server.refusal = unserved('Forbidden');
    expect(outcome(await server.publish())).toBe('ConfigMapForbidden');
  });
});

describe('an issuer', () => {
  const trustStatus = { bundle: 'PEM', certificates: [] };

  async function settled(stage: Stage, news: boolean): Promise<string> {
    const checked = await checkParts({}).check.check(issuerObject(), never);
    if (checked.kind !== 'ready') throw new Error(checked.problem.message);
    stage.publishing = { kind: 'ready', issuer: news ? { ...checked.issuer, trustStatus } : checked.issuer };
    await stage.reconcile();
    return stage.state;
  }

  it('issues below nothing that its status does not name', async () => {
    const states: string[] = [];
    for (const news of [false, true]) {
      const stage = new Stage();
      stage.writeAnswer = unserved('Transient');
      states.push(await settled(stage, news));
    }
    expect(states).toEqual(['ready', 'unchecked']);
  });

  it('is closed while what clients must trust is not published, and left as it is while nobody can tell', async () => {
    const [closed, stale] = [new Stage(), new Stage()];
    const problem = { reason: 'ConfigMapTaken', message: 'It is somebody else’s.' } as const;
    closed.publishing = { kind: 'notReady', problem, ca: undefined };
    stale.publishing = { kind: 'stale' };
    const decisions = [(await closed.reconcile()).kind, (await stale.reconcile()).kind];
    expect([decisions, closed.written, closed.state, stale.written, stale.state]).toEqual([
      ['retry', 'retry'],
      ['ConfigMapTaken'],
      'notReady',
      [],
      'unchecked',
    ]);
  });

  it('is checked anew when what it published is gone', async () => {
    const stage = new Stage();
    await stage.reconcile();
    stage.isSettled = false;
    await stage.after(15);
    expect(stage.checks).toBe(2);
  });
});
