// cert-manager's conformance suite for Kubernetes' CertificateSigningRequests, with issuers of both scopes. As in the
// suite the administrator asks and approves, and all that is not a name comes from the object around the X.509 request.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encoded, makeCsr } from '../../support/certificates.ts';
import type { TestName } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { World } from '../../support/world.ts';
import { titleOf } from './cases.ts';
import type { RequestedNames, SigningRequestCase, Wanted } from './cases.ts';
import { createIssuers, issuerFor, issuerGroup, issuingCAs, scopes } from './scopes.ts';
import type { Scope } from './scopes.ts';
import { signingRequestCases } from './signing-request-cases.ts';
import { certificatesOf, chainFacts, leafFacts, wantedChain, wantedFacts } from './validations.ts';

const instances: Readonly<Record<Scope, readonly string[]>> = {
  AlibabaPCAIssuer: ['cas_deposit-cn-conf0001', 'cas_deposit-cn-conf0002'],
  AlibabaPCAClusterIssuer: ['cas_deposit-cn-conf0003', 'cas_deposit-cn-conf0004'],
};
const annotation = (name: string): string => `experimental.cert-manager.io/${name}`;
const approval = { type: 'Approved', status: 'True', reason: 'e2e.cert-manager.io' };
let world: World;

beforeAll(async () => {
  world = await World.start({
    flags: ['--retry-max-delay=2s'],
    simulator: { instances: Object.values(instances).flat() },
  });
});
afterAll(async () => world.stop());

/** What the X.509 request and the object around it ask for together. */
function wantedOf({ key, usages, duration, isCA, request }: SigningRequestCase): Wanted {
  return {
    ...request,
    ...(usages === undefined ? {} : { usages }),
    ...(duration === undefined ? {} : { duration }),
    ...(isCA === undefined ? {} : { isCA }),
    privateKey: { algorithm: key === 'P-256' ? 'ECDSA' : key === 'Ed25519' ? 'Ed25519' : 'RSA' },
  };
}

function namesOf({ dnsNames, ipAddresses, emailAddresses, uris }: RequestedNames): readonly TestName[] {
  const of = (kind: TestName['kind'], values: readonly string[] = []) => values.map((value) => ({ kind, value }));
  return [...of('dns', dnsNames), ...of('ip', ipAddresses), ...of('email', emailAddresses), ...of('uri', uris)];
}

// The operation for CAs takes no identifier, so each such request is told by a key of its own.
async function csrFor({ key = 'RSA-2048', request, isCA = false }: SigningRequestCase, name: string): Promise<string> {
  const { commonName } = request;
  const subject = commonName === undefined ? {} : { subject: [{ CN: [commonName] }] };
  return makeCsr(key, { ...subject, names: namesOf(request) }, isCA || key !== 'RSA-2048' ? name : '');
}

describe.each(scopes)('a CertificateSigningRequest to an %s', (scope) => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await world.createNamespace('conformance');
    await createIssuers(world, scope, namespace, instances[scope]);
  });

  function signerName(issuer: string): string {
    return scope === 'AlibabaPCAIssuer'
      ? `alibabapcaissuers.${issuerGroup}/${namespace}.${issuer}`
      : `alibabapcaclusterissuers.${issuerGroup}/${issuer}`;
  }

  /** Asks for what the case says, approves it, and answers the object once it has an end, good or bad. */
  async function ask(name: string, csr: string, each: SigningRequestCase): Promise<Manifest> {
    const { usages = ['digital signature', 'key encipherment'], expirationSeconds, duration, isCA } = each;
    const type = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
    const what = { ...type, name };
    await world.cluster.apply({
      ...type,
      metadata: {
        name,
        annotations: {
          ...(duration === undefined ? {} : { [annotation('request-duration')]: duration }),
          ...(isCA === undefined ? {} : { [annotation('request-is-ca')]: String(isCA) }),
        },
      },
      spec: {
        request: encoded(csr),
        signerName: signerName(issuerFor(wantedOf(each))),
        usages,
        ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
      },
    });
    await world.cluster.patch(what, { status: { conditions: [{ ...approval, message: 'For a test.' }] } }, 'approval');
    return world.cluster.waitFor(
      what,
      'issued or failed',
      (object) => certificateOf(object) !== '' || conditionsOf(object).some(({ type }) => type === 'Failed'),
    );
  }

  async function issue(name: string, each: SigningRequestCase): Promise<void> {
    const csr = await csrFor(each, name);
    const object = await ask(name, csr, each);
    const chain = certificatesOf(certificateOf(object));
    const wanted = wantedOf(each);
    const facts = wantedFacts(wanted);
    expect({
      conditions: conditionsOf(object).map(({ type, status, reason }) => ({ type, status, reason })),
      leaf: chain[0] && leafFacts(chain[0], csr),
      chain: chainFacts(chain, world.simulator.rootPem(issuingCAs[issuerFor(wanted)]), wanted.dnsNames),
    }).toEqual({
      conditions: [approval],
      leaf: { ...facts, seconds: each.expirationSeconds ?? facts.seconds },
      chain: wantedChain(wanted),
    });
  }

  it.each(signingRequestCases.map((each) => [titleOf(each), each] as const))('%s', async (_title, each) => {
    const name = `${scope.toLowerCase()}-${each.number}`;
    if (each.result.kind === 'issued') {
      await issue(name, each);
      await world.issuances({ certificates: { [name]: 1 }, calledOnce: true });
      return;
    }
    const object = await ask(name, await csrFor(each, name), each);
    expect(conditionsOf(object).map(({ type, status, message }) => ({ type, status, message }))).toEqual([
      { type: 'Approved', status: 'True', message: 'For a test.' },
      { type: 'Failed', status: 'True', message: expect.stringMatching(each.result.message) },
    ]);
    expect(conditionsOf(object).find(({ type }) => type === 'Failed')?.reason).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(certificateOf(object)).toBe('');
    await world.issuances({ certificates: { [name]: 0 } });
    if (each.instead !== undefined) await issue(`${name}-instead`, { ...each, request: each.instead });
  });
});

/** `status.certificate` as PEM; empty when there is none. */
function certificateOf(object: Manifest): string {
  const { certificate = '' } = (object['status'] ?? {}) as { readonly certificate?: string };
  return Buffer.from(certificate, 'base64').toString();
}
