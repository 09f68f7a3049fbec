// cert-manager's conformance suite for Certificates, against a real API server and a real cert-manager, with issuers of
// both scopes. The cases are in certificate-cases.ts; docs/conformance.md lists them with those that cannot be tried.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviceToRenew } from '../../support/renewal.ts';
import { until } from '../../support/wait.ts';
import { issuerApiVersion, World } from '../../support/world.ts';
import { titleOf } from './cases.ts';
import type { CertificateCase, Refused, Wanted } from './cases.ts';
import { certificateCases } from './certificate-cases.ts';
import {
  certificateOf,
  certificateReference,
  factsOf,
  factsWanted,
  waitForFailure,
  waitForIssued,
} from './issued-certificate.ts';
import type { IssuedCertificate } from './issued-certificate.ts';
import { createIssuers, issuerFor, issuingCAs, scopes } from './scopes.ts';

// More than the suite needs, because cert-manager may ask for a certificate again by itself.
const tenInstances = (kind: string): readonly string[] =>
  Array.from({ length: 10 }, (_, number) => `cas_deposit-cn-${kind}000${number}`);
const instances = { AlibabaPCAIssuer: tenInstances('own'), AlibabaPCAClusterIssuer: tenInstances('shared') };
let world: World;

beforeAll(async () => {
  world = await World.start({
    flags: ['--retry-max-delay=2s'],
    simulator: { instances: Object.values(instances).flat() },
  });
});
afterAll(async () => world.stop());

describe.each(scopes)('a Certificate of an %s', (scope) => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await world.createNamespace('conformance');
    await createIssuers(world, scope, namespace, instances[scope]);
  });

  async function create(name: string, spec: Wanted): Promise<void> {
    const issuer = { kind: scope, name: issuerFor(spec) };
    await world.cluster.apply(certificateOf({ namespace, name }, issuer, { ...spec }));
  }

  async function validated(name: string, spec: Wanted, revision = 1): Promise<IssuedCertificate> {
    const issued = await waitForIssued(world.cluster, { namespace, name }, revision);
    const issuer = issuerFor(spec);
    expect(factsOf(issued)).toEqual(
      factsWanted(spec, {
        rootPem: world.simulator.rootPem(issuingCAs[issuer]),
        name,
        issuer: { kind: scope, name: issuer },
      }),
    );
    return issued;
  }

  async function refused(name: string, result: Refused): Promise<void> {
    const failure = await waitForFailure(world.cluster, { namespace, name });
    expect({ ...failure, request: failure.request.split(adviceToRenew({ namespace, name })) }).toEqual({
      request: [expect.stringMatching(result.message), ''],
      certificate: `The certificate request has failed to complete and will be retried: ${failure.request}`,
      failureTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(await world.cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name })).toBeUndefined();
  }

  /** What the suite does with the certificate of some cases, after the first validations. */
  async function goOn(name: string, { spec, next }: CertificateCase, first: IssuedCertificate): Promise<void> {
    if (next === 'the certificate in the Secret is emptied') {
      const secret = { apiVersion: 'v1', kind: 'Secret', namespace, name };
      await world.cluster.patch(secret, { data: { 'tls.crt': '' } });
      await until('another certificate', async () => {
        const { data = {} } = ((await world.cluster.get(secret)) ?? {}) as { readonly data?: { 'tls.crt'?: string } };
        return (data['tls.crt'] ?? '') !== '';
      });
      const second = await validated(name, spec, first.revision + 1);
      expect(second.leaf.publicKey.equals(first.leaf.publicKey)).toBe(true);
      expect(second.leaf.serialNumber).not.toBe(first.leaf.serialNumber);
    } else if (next === 'a DNS name is added') {
      const dnsNames = [...(spec.dnsNames ?? []), `new-${name}.example.com`];
      await world.cluster.patch(certificateReference({ namespace, name }), { spec: { dnsNames } });
      await validated(name, { ...spec, dnsNames }, first.revision + 1);
    }
  }

  it.each(certificateCases.map((each) => [titleOf(each), each] as const))('%s', async (_title, each) => {
    const name = `case-${each.number}`;
    await create(name, each.spec);
    if (each.result.kind === 'issued') {
      await goOn(name, each, await validated(name, each.spec));
      await world.issuances({ namespace, certificates: { [name]: each.next === undefined ? 1 : 2 }, calledOnce: true });
      return;
    }
    await refused(name, each.result);
    await world.issuances({ namespace, certificates: { [name]: 0 } });
    if (each.instead !== undefined) {
      await create(`${name}-instead`, each.instead);
      await validated(`${name}-instead`, each.instead);
      await world.issuances({ namespace, certificates: { [`${name}-instead`]: 1 } });
    }
  });

  it('has promised its instances to no request that failed', async () => {
    const type = { apiVersion: issuerApiVersion, kind: scope };
    const issuer = await world.cluster.get(
      scope === 'AlibabaPCAIssuer' ? { ...type, namespace, name: 'authority' } : { ...type, name: 'authority' },
    );
    const { externalCA } = (issuer?.['status'] ?? {}) as {
      readonly externalCA?: { readonly instances: readonly { readonly requestUID: string }[] };
    };
    const { all } = await world.issuances();
    const paid = all.filter(({ certificates }) => certificates.length > 0).map(({ request }) => request.uid);
    const promised = (externalCA?.instances ?? []).map(({ requestUID }) => requestUID);
    expect(promised.length).toBeGreaterThan(0);
    expect(paid).toEqual(expect.arrayContaining(promised));
  });
});
