// What clients must trust: the same in ca.crt, in the issuer's status and in the ConfigMap that it publishes, and there before
// the first certificate needs it.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultAuthorities } from '../../../simulator/issuing/default-authorities.ts';
import type { AuthoritySeed } from '../../../simulator/issuing/authority.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest, ObjectReference } from '../../support/cluster.ts';
import { configMapAccess, readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, World } from '../../support/world.ts';

interface TrustStatus {
  readonly bundle: string;
  readonly certificates: readonly {
    readonly sha256Fingerprint: string;
    readonly neededUntil?: string;
    readonly former?: boolean;
  }[];
  readonly configMap?: object;
}

/** CAs that PCA makes anew under their identifiers. */
const hierarchyOf = (name: string): readonly AuthoritySeed[] => [
  { identifier: `${name}-root`, algorithm: 'ECC_256', kind: 'ROOT' },
  { identifier: `${name}-sub`, algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: `${name}-root` },
];
const renewedNames = ['same-keys', 'new-keys', 'unseen'];
const renewed = renewedNames.flatMap(hierarchyOf);

let world: World;

beforeAll(async () => {
  world = await World.start({
    flags: ['--retry-base-delay=50ms', '--retry-max-delay=1s', '--secret-check-interval=1s'],
    controlPlane: {
      auditLog: [{ level: 'Metadata', verbs: ['patch'], resources: [{ group: '', resources: ['configmaps'] }] }],
    },
    simulator: {
      authorities: [
        ...defaultAuthorities,
        { identifier: 'new-root', algorithm: 'ECC_256', kind: 'ROOT' },
        { identifier: 'new-sub', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'new-root' },
        { identifier: 'old-root', algorithm: 'ECC_256', kind: 'ROOT', status: 'FORBIDDEN' },
        ...renewed,
      ],
    },
  });
});
afterAll(async () => world.stop());

const pca = (namespace: string): ObjectReference => ({
  apiVersion: issuerApiVersion,
  kind: 'AlibabaPCAIssuer',
  namespace,
  name: 'pca',
});
const configMap = (namespace: string, name = 'roots'): ObjectReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const publishTo = { publishTo: { name: 'roots' } };
const current = 'sim-sub-ecc-p256';

async function allowIn(namespace: string): Promise<void> {
  await world.cluster.apply(configMapAccess(await readProduct(), namespace));
}

async function issuer(namespace: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
  await world.cluster.apply(world.issuer(namespace, 'pca', spec));
}

/** The message of Ready, once it has this reason for the present spec. */
async function told(reason: string, reference: ObjectReference): Promise<string> {
  const found = await world.cluster.waitFor(reference, `Ready for ${reason}`, ({ metadata, ...object }) =>
    conditionsOf({ metadata, ...object }).some(
      (each) => each.type === 'Ready' && each.reason === reason && each.observedGeneration === metadata['generation'],
    ),
  );
  return conditionsOf(found).find(({ type }) => type === 'Ready')?.message ?? '';
}

async function trustOf(reference: ObjectReference): Promise<TrustStatus> {
  const { status } = (await world.cluster.get(reference)) as Manifest & {
    readonly status: { readonly trust: TrustStatus };
  };
  return status.trust;
}

async function published(namespace: string, name = 'roots'): Promise<Readonly<Record<string, string>> | undefined> {
  const found = (await world.cluster.get(configMap(namespace, name))) as
    { readonly data?: Readonly<Record<string, string>> } | undefined;
  return found?.data;
}

/** ca.crt of a new Certificate. */
async function issuedCA(namespace: string, name: string): Promise<string | undefined> {
  await world.cluster.apply(certificate(namespace, name));
  await world.cluster.waitForCondition(
    { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace, name },
    { type: 'Ready', status: 'True' },
  );
  const secret = (await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name })) as unknown as {
    readonly data: Readonly<Record<string, string>>;
  };
  const ca = secret.data['ca.crt'];
  return ca === undefined ? undefined : Buffer.from(ca, 'base64').toString();
}

const root = (identifier: string): string => world.simulator.rootPem(identifier);
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256;
const callsTo = (parent: string) =>
  world.simulator
    .calls()
    .filter(
      ({ action, parameters }) => action === 'CreateCustomCertificate' && parameters['ParentIdentifier'] === parent,
    );

describe('a published root', () => {
  it('needs the right that the chart gives, and is then the same everywhere', async () => {
    const namespace = await world.createNamespace('roots');
    await issuer(namespace, { trust: publishTo });
    expect(await told('ConfigMapForbidden', pca(namespace))).toBe(
      `The operator may not write ConfigMap "${namespace}/roots", named by spec.trust.publishTo: POST /api/v1/namespaces/${namespace}/configmaps was answered 403 Forbidden: configmaps is forbidden: User "system:serviceaccount:alibaba-pca-issuer:alibaba-pca-issuer" cannot create resource "configmaps" in API group "" in the namespace "${namespace}". Grant its ServiceAccount a Role in namespace "${namespace}" with apiGroups [""], resources ["configmaps"], verbs ["get", "create", "patch", "delete"] (Helm: add the namespace to configMapAccess.namespaces).`,
    );
    await allowIn(namespace);
    await told('Checked', pca(namespace));
    const trust = await trustOf(pca(namespace));
    expect({
      ca: await issuedCA(namespace, 'web'),
      published: await published(namespace),
      status: trust.bundle,
      fingerprints: trust.certificates.map(({ sha256Fingerprint }) => sha256Fingerprint),
      place: trust.configMap,
    }).toEqual({
      ca: root(current),
      published: { 'ca.crt': root(current) },
      status: root(current),
      fingerprints: [fingerprint(root(current))],
      place: { namespace, name: 'roots', key: 'ca.crt' },
    });
  });

  it('is put right by hand of nobody, moves with its name and key, and goes with its issuer', async () => {
    const namespace = await world.createNamespace('roots');
    await allowIn(namespace);
    await issuer(namespace, { trust: publishTo });
    await told('Checked', pca(namespace));
    await world.cluster.patch(configMap(namespace), { data: { 'ca.crt': 'somebody else' } });
    await until('the root is back', async () => (await published(namespace))?.['ca.crt'] === root(current));
    await world.cluster.delete(configMap(namespace));
    await until('the ConfigMap is back', async () => (await published(namespace))?.['ca.crt'] === root(current));
    await issuer(namespace, { trust: { publishTo: { name: 'roots', key: 'root.pem' } } });
    await told('Checked', pca(namespace));
    expect(await published(namespace)).toEqual({ 'root.pem': root(current) });
    await issuer(namespace, { trust: { publishTo: { name: 'anchors' } } });
    await told('Checked', pca(namespace));
    expect([await published(namespace), await published(namespace, 'anchors')]).toEqual([
      undefined,
      { 'ca.crt': root(current) },
    ]);
    await world.cluster.delete(pca(namespace));
    await until('the ConfigMap is gone', async () => (await published(namespace, 'anchors')) === undefined);
  });

  it("is never written to somebody else's ConfigMap", async () => {
    const namespace = await world.createNamespace('roots');
    await allowIn(namespace);
    await world.cluster.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'roots', namespace },
      data: { mine: 'yes' },
    });
    await issuer(namespace, { trust: publishTo });
    expect([await told('ConfigMapTaken', pca(namespace)), await published(namespace)]).toEqual([
      `ConfigMap "${namespace}/roots", named by spec.trust.publishTo, exists, and this issuer did not make it, so it is left as it is. Name another ConfigMap, or delete this one: it is then made anew.`,
      { mine: 'yes' },
    ]);
  });

  it('of another CA stands beside the former one before the first certificate, which waits where it cannot', async () => {
    const namespace = await world.createNamespace('roots');
    const validity = { maxDuration: '2160h' };
    await issuer(namespace, { trust: publishTo, validity });
    const trust = await takesRoot(namespace, {
      former: root(current),
      sub: 'new-sub',
      change: async () => issuer(namespace, { trust: publishTo, validity, parentIdentifier: 'new-sub' }),
    });
    // A day beyond the longest lifetime: nothing that was issued below the former root can live longer.
    const days = (Date.parse(trust.certificates[1]?.neededUntil ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(91);
  });

  it.each(['same-keys', 'new-keys'])(
    'of a CA that PCA renewed under its identifier stands there as well: %s',
    async (name) => {
      const namespace = await world.createNamespace('roots');
      const sub = `${name}-sub`;
      const spec = { trust: publishTo, parentIdentifier: sub };
      await issuer(namespace, spec);
      const former = root(sub);
      await takesRoot(namespace, {
        former,
        sub,
        change: async () => {
          const keepsKey = name === 'same-keys';
          await world.simulator.renewAuthorities(hierarchyOf(name).map((seed) => ({ ...seed, keepsKey })));
          // What was changed has no part in the certificates, but has the issuer checked now.
          await issuer(namespace, { ...spec, validity: { backdate: '1m' } });
        },
      });
      const notes = await until('an event that tells of the new root', async () => {
        const events = await world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace });
        const found = events.filter(({ reason }) => reason === 'TrustChanged').map(({ note }) => String(note));
        if (found.length === 0) throw new NotYet(events.map(({ reason }) => reason));
        return found;
      });
      const subject = `"C=CN, O=PCA Simulator, CN=Simulated ${name}-root"`;
      expect(notes.map((note) => note.replace(/ until \S+\. Give/, '. Give'))).toEqual([
        `What clients must trust has changed in status.trust of the issuer and ConfigMap "${namespace}/roots" (key "ca.crt"). New: ${subject} (SHA-256 ${fingerprint(root(sub))}). Former: ${subject} (SHA-256 ${fingerprint(former)}). Give what is new to clients that do not read it there.`,
      ]);
    },
  );

  it('of a CA that has another key since the last check comes with no certificate before it is published', async () => {
    const namespace = await world.createNamespace('roots');
    const sub = 'unseen-sub';
    await allowIn(namespace);
    await issuer(namespace, { trust: publishTo, parentIdentifier: sub });
    await told('Checked', pca(namespace));
    const former = root(sub);
    expect(await issuedCA(namespace, 'before')).toBe(former);
    await world.simulator.renewAuthorities(hierarchyOf('unseen'));
    await world.cluster.apply(certificate(namespace, 'early'));
    const early = await world.cluster.waitFor(
      { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace, name: 'early-1' },
      'the refusal of its certificate',
      (object) => conditionsOf(object).some(({ reason }) => reason === 'Failed'),
    );
    expect((early['status'] as { readonly certificate?: string }).certificate).toBeUndefined();
    await told('CertificateRefused', pca(namespace));
    expect(await published(namespace)).toEqual({ 'ca.crt': former });
    // The hold after the fault ends with a check, which finds the new key.
    await until('both roots to be published', async () => {
      const data = await published(namespace);
      if (data?.['ca.crt'] === former) throw new NotYet(data);
      return true;
    });
    expect([await issuedCA(namespace, 'later'), await published(namespace)]).toEqual([
      root(sub),
      { 'ca.crt': root(sub) + former },
    ]);
  });

  /**
   * Issues below the former root, then has the change find the ConfigMap unwritable, and asserts that nothing is issued below
   * the CA until both roots are published. The state of the trust afterwards.
   */
  async function takesRoot(
    namespace: string,
    { former, sub, change }: { readonly former: string; readonly sub: string; readonly change: () => Promise<void> },
  ): Promise<TrustStatus> {
    await allowIn(namespace);
    await told('Checked', pca(namespace));
    expect(await issuedCA(namespace, 'before')).toBe(former);
    const earlier = callsTo(sub).length;
    const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', namespace };
    await world.cluster.delete({ ...binding, name: 'alibaba-pca-issuer-configmaps' });
    await change();
    await told('ConfigMapForbidden', pca(namespace));
    await world.cluster.apply(certificate(namespace, 'after'));
    await world.cluster.waitFor(
      { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace, name: 'after-1' },
      'the word that the issuer is not ready',
      (object) => conditionsOf(object).some(({ message = '' }) => message.includes('ConfigMapForbidden')),
    );
    expect(callsTo(sub)).toHaveLength(earlier);
    await allowIn(namespace);
    const ca = await issuedCA(namespace, 'after');
    const both = root(sub) + former;
    const trust = await trustOf(pca(namespace));
    const [writtenAt = Number.POSITIVE_INFINITY] = await writes(namespace);
    const [calledAt = 0, ...others] = callsTo(sub)
      .slice(earlier)
      .map(({ time }) => Date.parse(time));
    expect({
      ca,
      published: await published(namespace),
      status: trust.bundle,
      isFirst: writtenAt <= calledAt,
      others,
      former: trust.certificates.map((entry) => entry.former),
    }).toEqual({
      ca: root(sub),
      published: { 'ca.crt': both },
      status: both,
      isFirst: true,
      others: [],
      former: [undefined, true],
    });
    return trust;
  }

  /** When the API server had taken the last write to the ConfigMap of this namespace. */
  async function writes(namespace: string): Promise<readonly number[]> {
    const lines = (await readFile(world.controlPlane.auditLogFile ?? '', 'utf8')).split('\n').filter(Boolean);
    return lines
      .map(
        (line) =>
          JSON.parse(line) as {
            readonly stage: string;
            readonly stageTimestamp: string;
            readonly objectRef?: { readonly resource: string; readonly namespace: string; readonly name: string };
            readonly responseStatus?: { readonly code: number };
          },
      )
      .filter(
        ({ stage, objectRef, responseStatus }) =>
          stage === 'ResponseComplete' &&
          responseStatus?.code === 200 &&
          objectRef?.resource === 'configmaps' &&
          objectRef.namespace === namespace,
      )
      .map(({ stageTimestamp }) => Date.parse(stageTimestamp))
      .toReversed();
  }

  it('of a cluster issuer stands in the namespace that it names', async () => {
    const namespace = await world.createNamespace('roots');
    await allowIn(namespace);
    const { spec } = world.issuer(namespace, 'pca', { trust: { publishTo: { name: 'roots', namespace } } });
    const reference = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAClusterIssuer', name: namespace };
    const { simulator, cluster } = world;
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'access-key', namespace: world.namespace },
      stringData: simulator.accessKey,
    });
    await cluster.apply({
      apiVersion: issuerApiVersion,
      kind: reference.kind,
      metadata: { name: namespace },
      spec,
    });
    await told('Checked', reference);
    expect(await published(namespace)).toEqual({ 'ca.crt': root(current) });
    await cluster.delete(reference);
    await until('the ConfigMap is gone', async () => (await published(namespace)) === undefined);
  });
});

describe('what else is trusted', () => {
  it('AllActiveRoots: the root of the chain, then the other active ones of its family by their fingerprints', async () => {
    const namespace = await world.createNamespace('roots');
    await allowIn(namespace);
    await issuer(namespace, { trust: { source: 'AllActiveRoots', ...publishTo } });
    await told('Checked', pca(namespace));
    const others = ['new', ...renewedNames].map((name) => root(`${name}-root`));
    const byFingerprint = others.toSorted((one, other) => (fingerprint(one) < fingerprint(other) ? -1 : 1));
    const all = root(current) + byFingerprint.join('');
    expect([
      await issuedCA(namespace, 'web'),
      await published(namespace),
      (await trustOf(pca(namespace))).bundle,
    ]).toEqual([all, { 'ca.crt': all }, all]);
  });

  it('Static: what is given, of which the root of the CA must be one', async () => {
    const namespace = await world.createNamespace('roots');
    await allowIn(namespace);
    const trust = { source: 'Static', certificatesFrom: { name: 'given' }, ...publishTo };
    const given = (pem: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'given', namespace },
      data: { 'ca.crt': pem },
    });
    await world.cluster.apply(given(root('new-sub')));
    await issuer(namespace, { trust });
    expect(await told('TrustInvalid', pca(namespace))).toBe(
      `None of the certificates that spec.trust.certificatesFrom gives is the root of CA "${current}", "C=CN, O=PCA Simulator, CN=Simulated sim-root-ecc" (SHA-256 ${fingerprint(root(current))}), so no client could verify what it issues. Add that root to them, or choose another spec.trust.source.`,
    );
    const both = root('new-sub') + root(current);
    await world.cluster.apply(given(`roots of ours\n${both}`));
    await told('Checked', pca(namespace));
    expect([
      await issuedCA(namespace, 'web'),
      await published(namespace),
      (await trustOf(pca(namespace))).bundle,
    ]).toEqual([both, { 'ca.crt': both }, both]);
  });
});
