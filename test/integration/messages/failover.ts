// A user's way to what an issuer with spec.failover tells.
import type { IssuerNews } from '../../../src/controllers/issuers/reasons.ts';
import { until } from '../../support/wait.ts';
import { askedByRequest, readyOf } from './certificate-requests.ts';
import { pca, web } from './stage.ts';
import type { Scene, Stage } from './stage.ts';

const first = 'sim-sub-ecc-issuing-cas';
const second = 'sim-sub-short';

/** CAs below one root, so that clients trust both. */
function withEntries(stage: Stage, parentIdentifier: string, entry: string) {
  const certificates = stage.world.simulator.rootPem('sim-root-ecc');
  const trust = { source: 'Static', certificates };
  return { parentIdentifier, trust, failover: [{ parentIdentifier: entry }] };
}

/** A change of the spec has the issuer checked at once. */
async function checkedAgain(stage: Stage, backdate: string): Promise<void> {
  await stage.world.cluster.patch(stage.issuerReference, { spec: { validity: { backdate } } });
}

/** One scene for each event. */
export const failoverNewsScenes: Readonly<
  Pick<Record<IssuerNews, Scene>, 'FailedOver' | 'FailedBack' | 'StandbyUnusable'>
> = {
  FailedOver: {
    steps: async (stage) => {
      await stage.issuer(withEntries(stage, 'sim-sub-revoked', 'sim-sub-ecc-p256'));
      return stage.event('FailedOver', pca);
    },
    says: 'Warning FailedOver: CA "sim-sub-ecc-p256" in cn-hangzhou (spec.failover[0]) answers and issues instead of CA "sim-sub-revoked" in cn-hangzhou since TIME: IssuingCANotActive. Requests for which CA "sim-sub-revoked" in cn-hangzhou was called without an answer wait until it says what became of them. It issues again once it has answered for a while.',
  },
  FailedBack: {
    steps: async (stage) => {
      const { simulator } = stage.world;
      simulator.setAuthority(second, { status: 'FORBIDDEN' });
      await stage.issuer(withEntries(stage, second, 'sim-sub-ecc-p256'));
      await stage.event('FailedOver', pca);
      simulator.setAuthority(second, { status: 'ISSUE' });
      const { failover: _, ...others } = withEntries(stage, second, '');
      // One that stands in no longer: its own CA issues at once.
      const entry = { failover: [{ parentIdentifier: 'sim-sub-revoked' }] };
      await stage.world.cluster.patch(stage.issuerReference, { spec: { ...others, ...entry } });
      return stage.event('FailedBack', pca);
    },
    says: 'Normal FailedBack: CA "sim-sub-short" in cn-hangzhou issues again, instead of CA "sim-sub-ecc-p256" in cn-hangzhou.',
  },
  StandbyUnusable: {
    steps: async (stage) => {
      await stage.issuer(withEntries(stage, 'sim-sub-ecc-p256', 'sim-sub-revoked'));
      return stage.event('StandbyUnusable', pca);
    },
    says: 'Warning StandbyUnusable: CA "sim-sub-revoked" in cn-hangzhou (spec.failover[0]) cannot stand in: IssuingCANotActive. CA "sim-sub-revoked" is not active (Status REVOKE, not ISSUE). Activate it in PCA, or set spec.failover[0].parentIdentifier to another CA.',
  },
};

/** The wait of a request for the CA that was called for it. */
export const earlierCallUnsettled: Scene = {
  steps: async (stage) => {
    const endpoint = await stage.endpoint({
      CreateCustomCertificate: ({ socket }) => {
        socket.destroy();
        return { code: 'InternalError', status: 500 };
      },
    });
    const { failover, ...spec } = withEntries(stage, first, 'sim-sub-ecc-p256');
    const host = stage.world.simulator.endpoint;
    const entry = { ...failover[0], endpoint: { host, protocol: 'HTTP' } };
    await stage.issuer({ ...spec, endpoint, failover: [entry] });
    await askedByRequest(stage);
    await readyOf(stage, web, /^Not issued yet/);
    stage.world.simulator.setAuthority(first, { status: 'FORBIDDEN' });
    try {
      await checkedAgain(stage, '1m');
      await until('another CA to issue', async () => stage.hasEvent('FailedOver', pca));
      return await readyOf(stage, web, /only that CA can tell/);
    } finally {
      stage.world.simulator.setAuthority(first, { status: 'ISSUE' });
    }
  },
  says: 'Pending: Not issued yet: CreateCustomCertificate was called for this request at CA "sim-sub-ecc-issuing-cas" in cn-hangzhou without an answer that was seen, and only that CA can tell whether a certificate exists. The issuer uses CA "sim-sub-ecc-p256" in cn-hangzhou now, where a second certificate would be paid for, so the request waits: It has none so far, but a call may still arrive there, so it is asked again. It is tried again automatically, with growing pauses of at most 1 s.',
};
