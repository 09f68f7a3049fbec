// What plan says of a request is what the operator decides about it: the same call, the same refusal in the same words, the same
// notices. Both get the same CSR, issuer, CA and time; everything else each reads for itself.
import { expect, test } from 'vitest';
import type { ReadyIssuer } from '../../../src/controllers/issuers/ready-issuers.ts';
import { owningCertificateReader } from '../../../src/controllers/requests/kinds/owning-certificate.ts';
import type { Request } from '../../../src/controllers/requests/kinds/request.ts';
import { RequestMemory } from '../../../src/controllers/requests/memory.ts';
import type { SigningTask } from '../../../src/controllers/requests/signing/outcome.ts';
import { CertificateClaims } from '../../../src/controllers/requests/signing/claims.ts';
import { Signer } from '../../../src/controllers/requests/signing/sign.ts';
import { unobserved } from '../../../src/controllers/requests/signing/steps.ts';
import type { IssuePlan } from '../../../src/issuing/plan.ts';
import { clampNotice } from '../../../src/issuing/validity.ts';
import type { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { readArguments } from '../../../src/plan-command/arguments.ts';
import { assumeCA } from '../../../src/plan-command/assumed-ca.ts';
import { ThrowAwayKeys } from '../../../src/plan-command/certificate-request-of.ts';
import { readIssuers } from '../../../src/plan-command/issuers.ts';
import type { PlanningIssuer } from '../../../src/plan-command/issuers.ts';
import { reportOn } from '../../../src/plan-command/plan-report.ts';
import { readRequest } from '../../../src/plan-command/requests.ts';
import type { PlannableRequest } from '../../../src/plan-command/requests.ts';
import { readSigningRequest } from '../../../src/issuing/signing-request.ts';
import { clusterUid, now, requestUid } from '../../support/issuing.ts';
import { certificate, certificateRequest, csr, group } from '../../support/plan-inputs.ts';
import { encoded } from '../../support/certificates.ts';

const dnsNames = ['web.shop.svc'];
const requests: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'a Certificate': certificate({ dnsNames }),
  'with usages': certificate({ dnsNames, usages: ['server auth', 'digital signature'] }),
  'with a usage that few operations give': certificate({ dnsNames, usages: ['code signing'] }),
  'with names of all kinds': certificate({ dnsNames, ipAddresses: ['10.0.0.1'], uris: ['spiffe://a/b'] }),
  'with another kind of name': certificate({ otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'a' }] }),
  'with a whole subject': certificate({
    commonName: 'web',
    subject: { organizations: ['Example'], countries: ['CN'] },
  }),
  'with an RSA key': certificate({ dnsNames, privateKey: { algorithm: 'RSA' } }),
  'with an Ed25519 key': certificate({ dnsNames, privateKey: { algorithm: 'Ed25519' } }),
  'with a P-521 key': certificate({ dnsNames, privateKey: { algorithm: 'ECDSA', size: 521 } }),
  'for an hour, renewed soon': certificate({ dnsNames, duration: '1h', renewBefore: '31m' }),
  'for an hour, renewed late': certificate({ dnsNames, duration: '1h', renewBefore: '10m' }),
  'for an hour': certificate({ dnsNames, duration: '1h' }),
  'for an hour, never renewed': certificate({ dnsNames, duration: '1h', renewal: { policy: 'Disabled' } }),
  'renewed at half': certificate({ dnsNames, duration: '1440h', renewBeforePercentage: 50 }),
  'renewed after a twentieth': certificate({ dnsNames, duration: '1440h', renewBeforePercentage: 95 }),
  'renewed as early as a limit': certificate({ dnsNames, duration: '1440h', renewBefore: '720h' }),
  'for ten years': certificate({ dnsNames, duration: '87600h' }),
  'for no time': certificate({ dnsNames, duration: '0s' }),
  'for a CA': certificate({ commonName: 'ca', isCA: true, usages: ['cert sign', 'crl sign'] }),
  'for a mesh': certificate({
    commonName: 'identity.mesh.cluster.local',
    isCA: true,
    duration: '48h',
    renewBefore: '25h',
    usages: ['cert sign', 'crl sign', 'server auth', 'client auth'],
  }),
  'for a mesh, with a name': certificate({
    commonName: 'mesh',
    dnsNames,
    isCA: true,
    duration: '48h',
    renewBefore: '25h',
  }),
  'a CertificateRequest': certificateRequest({}),
  'a CertificateRequest for an hour': certificateRequest({ duration: '1h' }),
  'a CertificateRequest that contradicts its CSR': certificateRequest({ isCA: true }),
  'a CertificateRequest without CSR': certificateRequest({ request: encoded('no CSR') }),
  'a CertificateSigningRequest': {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'web', uid: requestUid },
    spec: {
      request: encoded(csr),
      signerName: `alibabapcaissuers.${group}/shop.pca`,
      usages: ['client auth'],
      expirationSeconds: 3600,
    },
  },
};

const specs: Readonly<Record<string, object>> = {
  'as by default': {},
  'that backdates': { validity: { backdate: '30m' } },
  'that backdates for an hour': { validity: { backdate: '1h' } },
  'with a limit': { validity: { maxDuration: '720h' } },
  'that clamps': { validity: { backdate: '5m', maxDuration: '720h', onExceed: 'Clamp' } },
  'that clamps to little': { validity: { backdate: '40m', maxDuration: '1h', onExceed: 'Clamp' } },
  'with a least lifetime': { validity: { minDuration: '24h' } },
  'with contradicting limits': { validity: { minDuration: '24h', maxDuration: '1h' } },
  'with instances': { externalCA: { instanceIds: ['i-1', 'i-2'], pathLength: 0 } },
  'with instances, and names dropped': { externalCA: { instanceIds: ['i-1', 'i-2'], names: 'Drop' } },
  'with instances, and backdating': { validity: { backdate: '10h' }, externalCA: { instanceIds: ['i-1'] } },
  'of server certificates': { operation: 'CreateServerCertificateWithCsr' },
  'with an extension': { operation: 'CreateCertificateWithExtension' },
};

const read = readArguments(['-f', 'a', `--cluster-uid=${clusterUid}`], {});
if (read.kind !== 'plan') throw new Error('The flags cannot be read.');
const flags = read.arguments;
const keys = new ThrowAwayKeys();

function issuerWith(spec: object): PlanningIssuer {
  const object = {
    apiVersion: `${group}/v1alpha1`,
    kind: 'AlibabaPCAIssuer',
    metadata: { name: 'pca', namespace: 'shop' },
    spec: { parentIdentifier: 'ca', credentials: { secretRef: { name: 'key' } }, ...spec },
  };
  const { issuers, faults } = readIssuers([{ kind: 'object', source: 'issuer', object }], 'shop');
  const [issuer] = issuers.values();
  if (issuer === undefined) throw new Error(faults.join(' '));
  return issuer;
}

async function requestOf(object: Readonly<Record<string, unknown>>): Promise<PlannableRequest> {
  const found = await readRequest({ kind: 'object', source: 'request', object }, { ...flags, keys });
  if (found.kind !== 'request') throw new Error(`It is ${found.kind}.`);
  return { ...found.request, uid: requestUid };
}

/** What plan says. */
async function planned(request: PlannableRequest, issuer: PlanningIssuer): Promise<object> {
  const reported = await reportOn(request, issuer, { now, flags });
  const { outcome, refusal, call, certificate: made } = reported;
  if (outcome === 'refused') return { refused: refusal?.message };
  return { ...call, notices: (made?.notices ?? []).filter((notice) => !ofPlanAlone.test(notice)) };
}

// The instance is settled by the operator, and a Certificate's renewal is read there; what PCA adds and drops is seen there.
const ofPlanAlone = /^The instance is the first|^How its Certificate is renewed|may add|^PCA may drop/;

/** What the operator decides. */
async function decided(
  request: PlannableRequest,
  issuer: PlanningIssuer,
  object: Readonly<Record<string, unknown>>,
): Promise<object> {
  let made: IssuePlan | undefined;
  const get = async () => ({ kind: 'ok', status: 200, body: object });
  const fields = { ...request.fields, uid: requestUid };
  const readable = readSigningRequest(fields);
  const ca = readable.kind !== 'refused' ? assumeCA(readable.request, issuer, { now, flags }) : undefined;
  const signer = new Signer({
    issuance: {
      issue: async (_, plan) => {
        made = plan;
        return { kind: 'queued', ms: 0, endpointHeld: false };
      },
    },
    instances: {
      take: async () => ({ kind: 'free', instanceId: issuer.spec.externalCA?.instanceIds[0] ?? '', left: 0 }),
      promised: async () => undefined,
    },
    superseding: { triesOf: () => ({ newer: [], older: [] }), supersede: () => {} },
    claims: new CertificateClaims(),
    listed: async () => true,
    owningCertificate: owningCertificateReader({ get } as Partial<KubernetesClient> as KubernetesClient),
    clock: { now: () => now, monotonic: () => 0 },
    onStep: unobserved,
  });
  const isCertificate = object['kind'] === 'Certificate';
  const task = {
    request: {
      object: { uid: requestUid },
      fields,
      certificate: isCertificate ? { namespace: 'shop', name: 'web' } : undefined,
    } as Partial<Request> as Request,
    memory: new RequestMemory(requestUid),
    issuer: { spec: issuer.spec, ca: ca?.kind === 'usable' ? ca.ca : undefined } as Partial<ReadyIssuer> as ReadyIssuer,
    signal: new AbortController().signal,
  } as Partial<SigningTask> as SigningTask;
  const outcome = await signer.sign(task, clusterUid);
  if (outcome.kind === 'refused') return { refused: outcome.message };
  if (outcome.kind === 'issuerFault') return { refused: outcome.problem.message };
  if (made === undefined) throw new Error(`The operator answers ${JSON.stringify(outcome)}.`);
  const clamped = made.clamped === undefined ? [] : [clampNotice(made.clamped)];
  return { ...made.call, notices: [...clamped, ...made.notices] };
}

test.each(Object.keys(specs))('plan and operator agree about an issuer %s', async (name) => {
  const issuer = issuerWith(specs[name] ?? {});
  const entries = await Promise.all(
    Object.entries(requests).map(async ([what, object]) => {
      const request = await requestOf(object);
      return [what, await planned(request, issuer), await decided(request, issuer, object)] as const;
    }),
  );
  const said = Object.fromEntries(entries.map(([what, plan]) => [what, plan]));
  expect(said).toEqual(Object.fromEntries(entries.map(([what, , decision]) => [what, decision])));
});

test('plan says which names a CA certificate may lack', async () => {
  const issuer = issuerWith(specs['with instances, and names dropped'] ?? {});
  const request = await requestOf(requests['for a mesh, with a name'] ?? {});
  const reported = await reportOn(request, issuer, { now, flags });
  const { names, notices } = reported.certificate ?? {};
  expect({ names, notices }).toEqual({
    names: [],
    notices: [
      'It uses one of 2 instances in spec.externalCA.instanceIds of the issuer, and each renewal uses another one: every 23h0m0s.',
      `PCA may drop DNS ${dnsNames[0] ?? ''}, for which CreateExternalCACertificate has no parameter: spec.externalCA.names of the issuer is Drop.`,
      'The instance is the first one that is free, in this plan the first one that the issuer names.',
    ],
  });
});

test('they meet each outcome: calls, refusals, notices', async () => {
  const issuer = issuerWith(specs['with instances'] ?? {});
  const backdating = issuerWith(specs['that backdates'] ?? {});
  const of = async (what: string) => requestOf(requests[what] ?? {});
  expect([
    await planned(await of('for a mesh'), issuer),
    await planned(await of('for an hour, renewed soon'), backdating),
    await planned(await of('for an hour, renewed late'), backdating),
  ]).toMatchObject([
    {
      action: 'CreateExternalCACertificate',
      notices: [
        'It uses one of 2 instances in spec.externalCA.instanceIds of the issuer, and each renewal uses another one: every 23h0m0s.',
      ],
    },
    {
      refused:
        "spec.duration: the backdating by 30m0s leaves 30m0s, too little for the Certificate's spec.renewBefore 31m0s: cert-manager would renew it again and again. Ask for a longer duration or a shorter renewBefore, or lower spec.validity.backdate of the issuer.",
    },
    { action: 'CreateCustomCertificate', notices: [] },
  ]);
});
