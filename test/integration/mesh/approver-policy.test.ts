// The real approver-policy beside the real cert-manager: whose word counts for our issuers. The manifests are those of
// docs/mesh/approver-policy.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { isAllowed } from '../../support/access-review.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { chart, helm, render } from '../../support/helm.ts';
import {
  approverPolicy,
  approverPolicyObjects,
  approverPolicyProgram,
} from '../../support/neighbours/approver-policy/approver-policy.ts';
import type { Neighbour } from '../../support/neighbours/neighbour.ts';
import { buildMs, neighbourProgram } from '../../support/neighbours/program.ts';
import { knownResult } from '../../support/neighbours/results.ts';
import type { MeshForm } from '../../support/neighbours/results.ts';
import { until } from '../../support/wait.ts';
import { certificate, issuerApiVersion, secret, World } from '../../support/world.ts';

const manifest = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/mesh/manifests/${name}.yaml`, import.meta.url));
const values = parse(readFileSync(join(chart, 'values-approver-policy.yaml'), 'utf8')) as {
  readonly approverRole: { readonly subjects: readonly { readonly name: string; readonly namespace: string }[] };
};
const certManager = { name: 'cert-manager', namespace: 'cert-manager' };
const policy = { apiVersion: 'policy.cert-manager.io/v1alpha1', kind: 'CertificateRequestPolicy', name: 'shop-spiffe' };
const issuerRef = { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAClusterIssuer', name: 'pca' };
const byPolicy = ['policy.cert-manager.io', 'Approved by CertificateRequestPolicy: "shop-spiffe"'];
const byCertManager = ['cert-manager.io', 'Certificate request has been approved by cert-manager.io'];
let world: World;
let approver: Neighbour | undefined;

beforeAll(async () => {
  await neighbourProgram(approverPolicyProgram);
  const objects = await approverPolicyObjects(manifest('approver-policy-values'));
  world = await World.start({});
  const { cluster, controlPlane, namespace, simulator } = world;
  await cluster.apply(objects);
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bank' } },
    secret(namespace, 'access-key', simulator.accessKey),
    { ...world.issuer('', 'pca'), kind: issuerRef.kind, metadata: { name: 'pca' } },
  ]);
  await cluster.waitForCondition(
    { apiVersion: issuerApiVersion, ...issuerRef },
    { type: 'Ready', status: 'True', reason: 'Checked' },
  );
  const { name, namespace: own } = subject();
  approver = await approverPolicy(controlPlane.directory, await controlPlane.kubeconfigForServiceAccount(own, name));
  await approver.start();
  await cluster.apply(readFileSync(manifest('approver-policy-spiffe'), 'utf8'));
  await cluster.waitForCondition(policy, { type: 'Ready', status: 'True' });
  await until('the policy to be usable', async () =>
    isAllowed(cluster, certManager, {
      verb: 'use',
      group: 'policy.cert-manager.io',
      resource: 'certificaterequestpolicies',
      name: 'shop-spiffe',
      namespace: 'shop',
    }),
  );
}, 2 * buildMs);

afterAll(async () => {
  await approver?.kill();
  await world?.stop();
});

function subject(): { readonly name: string; readonly namespace: string } {
  const [only, ...others] = values.approverRole.subjects;
  if (only === undefined || others.length > 0) throw new Error('values-approver-policy.yaml lists not one subject.');
  return only;
}

/** Asks for a certificate for a SPIFFE ID, through cert-manager. */
async function ask(namespace: string, name: string, uri: string): Promise<void> {
  await world.cluster.apply(
    certificate(namespace, name, {
      dnsNames: undefined,
      uris: [uri],
      usages: ['digital signature', 'key encipherment', 'server auth', 'client auth'],
      issuerRef,
    }),
  );
}

const requestOf = (namespace: string, name: string) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'CertificateRequest',
  namespace,
  name: `${name}-1`,
});

/** The conditions of the Certificate's first request once it is decided and ended, in the order of their types. */
async function verdict(namespace: string, name: string): Promise<readonly (readonly (string | undefined)[])[]> {
  const request = await world.cluster.waitFor(requestOf(namespace, name), 'ended', (object) =>
    conditionsOf(object).some(({ type, reason }) => type === 'Ready' && reason !== 'Pending'),
  );
  return shown(request);
}

function shown(request: Manifest): readonly (readonly (string | undefined)[])[] {
  return conditionsOf(request)
    .map(({ type, status, reason, message }) => [type, status, reason, message])
    .toSorted(([a = ''], [b = '']) => a.localeCompare(b));
}

function expectKnown(form: MeshForm, result: string): void {
  expect({ result }).toEqual(knownResult(form, { result }));
}

const issued = ['Ready', 'True', 'Issued', expect.stringMatching(/^Issued /)];

/** What the notes of this chart call for in this cluster. */
async function attention(file: string): Promise<string> {
  const release = ['install', 'pca', chart, '--namespace', 'default', '--dry-run=server', '--take-ownership'];
  const { code, stdout, stderr } = await helm([...release, '-f', file, '--kubeconfig', world.cluster.kubeconfig]);
  if (code !== 0) throw new Error(stderr);
  const notes = stdout.slice(stdout.indexOf('NOTES:'));
  return /^ATTENTION: ([^]*?)\n\n/m.exec(notes)?.[1]?.replaceAll('\n', ' ') ?? '';
}

describe("with the chart's default approver role", () => {
  it('cert-manager approves at once, and a policy comes too late', async () => {
    await ask('shop', 'own-default', 'spiffe://cluster.local/ns/shop/sa/web');
    await ask('shop', 'foreign-default', 'spiffe://cluster.local/ns/bank/sa/teller');
    await ask('bank', 'free-default', 'spiffe://cluster.local/ns/bank/sa/teller');
    const approved = [['Approved', 'True', ...byCertManager], issued];
    expect(await verdict('shop', 'own-default')).toEqual(approved);
    expect(await verdict('shop', 'foreign-default')).toEqual(approved);
    expect(await verdict('bank', 'free-default')).toEqual(approved);
    expectKnown('approver-default', 'issued: cert-manager approves at once');
  });

  it('the notes say what to set', async () => {
    expect(await attention(join(chart, 'values.yaml'))).toBe(
      'this cluster has approver-policy, but cert-manager approves each request for these issuers at once, whatever a policy says. Set approverRole.subjects to the ServiceAccount of approver-policy, as in values-approver-policy.yaml.',
    );
  });
});

describe('with values-approver-policy.yaml', () => {
  beforeAll(async () => {
    const roles = (await render(values)).filter(({ metadata }) => metadata.name.includes(':pca-alibabacloud-com'));
    await world.cluster.apply(roles);
    const approve = {
      verb: 'approve',
      group: 'cert-manager.io',
      resource: 'signers',
      name: 'alibabapcaclusterissuers.pca.alibabacloud.com/*',
    };
    await until(
      'approver-policy alone to have the right',
      async () =>
        (await isAllowed(world.cluster, subject(), approve)) && !(await isAllowed(world.cluster, certManager, approve)),
    );
  });

  it('what a policy allows is approved by approver-policy, and issued', async () => {
    // cert-manager's webhook remembers for a second who may approve, so that a first request may still be cert-manager's.
    let asked = 0;
    const seen = await until('approver-policy to be the only approver', async () => {
      asked += 1;
      await ask('shop', `own-${asked}`, 'spiffe://cluster.local/ns/shop/sa/web');
      const conditions = await verdict('shop', `own-${asked}`);
      return conditions[0]?.[2] !== byCertManager[0] && conditions;
    });
    expect(seen).toEqual([['Approved', 'True', ...byPolicy], issued]);
    expectKnown('approver-allowed', 'issued: approver-policy approves');
  });

  it('what no policy allows is denied, nothing is issued, and the request says why', async () => {
    world.simulator.reset();
    await ask('shop', 'foreign', 'spiffe://cluster.local/ns/bank/sa/teller');
    const why =
      'No policy approved this request: [shop-spiffe: spec.allowed.uris.values: Invalid value: ["spiffe://cluster.local/ns/bank/sa/teller"]: spiffe://cluster.local/ns/shop/sa/*]';
    expect(await verdict('shop', 'foreign')).toEqual([
      ['Denied', 'True', 'policy.cert-manager.io', why],
      [
        'Ready',
        'False',
        'Denied',
        'The CertificateRequest was denied by an approval controller, so no certificate is issued for it.',
      ],
    ]);
    expect(world.simulator.issued()).toEqual([]);
    expectKnown('approver-denied', 'denied by approver-policy, no call');
  });

  it('a request to which no policy applies waits, and an event of approver-policy says so', async () => {
    world.simulator.reset();
    await ask('bank', 'free', 'spiffe://cluster.local/ns/bank/sa/teller');
    const events = { apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace: 'bank' };
    const seen = await until('approver-policy to look at it', async () =>
      (await world.cluster.list(events)).find(
        ({ regarding, reportingController }) =>
          (regarding as { readonly name: string }).name === 'free-1' &&
          reportingController === 'policy.cert-manager.io',
      ),
    );
    expect([seen['reason'], seen['note']]).toEqual([
      'Unprocessed',
      'Request is not applicable for any policy so ignoring',
    ]);
    const request = await world.cluster.get(requestOf('bank', 'free'));
    expect(request && shown(request)).toEqual([]);
    expect(world.simulator.issued()).toEqual([]);
    expectKnown('approver-free', 'waits, no call');
  });

  it('the notes call for nothing', async () => {
    expect(await attention(join(chart, 'values-approver-policy.yaml'))).toBe('');
  });
});
