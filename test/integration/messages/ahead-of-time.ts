// A user's way to each warning of an issuer, read in its event. CredentialsNotRenewed takes minutes of another clock and is
// brought about in issuers/ahead-of-time.test.ts.
import type { AspectNews } from '../../../src/controllers/issuers/aspects/reasons.ts';
import { describedCA, makeCA } from '../../support/certificates.ts';
import type { TestHierarchy } from '../../support/certificates.ts';
import { hierarchy, pca } from './stage.ts';
import type { Replies, Reply, Scene, Stage } from './stage.ts';

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);

async function endingIn(days: number): Promise<TestHierarchy> {
  const { root } = await hierarchy();
  const content = { name: 'Test Issuing CA', from: inDays(-1), until: inDays(days) };
  return { root, issuing: await makeCA('P-256', content, root) };
}

/** PCA that describes this CA, with changes that may differ from call to call. */
async function describing(
  cas: TestHierarchy | Promise<TestHierarchy>,
  changes: (call: number) => Readonly<Record<string, unknown>> = () => ({}),
): Promise<Replies> {
  const made = await cas;
  let calls = 0;
  return {
    DescribeCACertificate: () => {
      calls += 1;
      return describedCA(made, changes(calls));
    },
  };
}

/** Steps: an issuer whose PCA says so. */
function warningOf(reason: AspectNews, replies: () => Promise<Replies>) {
  return async (stage: Stage): Promise<string> => {
    await stage.issuerOf(await replies());
    return stage.event(reason, pca);
  };
}

/** Has the issuer checked again, by another spec. */
async function checkAgain(stage: Stage): Promise<void> {
  await stage.world.cluster.patch(stage.issuerReference, { spec: { validity: { backdate: '1m' } } });
}

function subscriptionUntil(days: number): Replies {
  const UseExpireTime = inDays(days).getTime();
  const instance: Reply = { Identifier: 'sim-sub-ecc-p256', InstanceId: 'cas-1', Status: 'USED', UseExpireTime };
  return { GetCAInstanceStatus: () => ({ InstanceStatusList: [instance] }) };
}

const endText =
  'CA "ID" ends at TIME, and every certificate below it with it. Renew it in PCA, or set spec.parentIdentifier to another CA, before.';
const advice = 'Buy or assign more certificates to CA "ID" in PCA.';
const subscriptionText = (verb: string): string =>
  `The subscription of CA "ID" ${verb} at TIME; after that PCA issues nothing, whatever remains of the quota. Renew the subscription.`;

/** One scene for each warning. */
export const aheadScenes: Readonly<Record<Exclude<AspectNews, 'CredentialsNotRenewed'>, Scene>> = {
  ClockOff: {
    steps: warningOf('ClockOff', async () => {
      const made = await hierarchy();
      const date = (): string => new Date(Date.now() - 10 * 60_000).toUTCString();
      return {
        DescribeCACertificate: () => ({ ...describedCA(made), date: date() }),
        GetCAInstanceStatus: () => ({ InstanceStatusList: [], date: date() }),
      };
    }),
    says: "Warning ClockOff: The clock of the operator's node is 10 minutes ahead of PCA's: certificates begin and end that much too late, and PCA refuses every call from 15 minutes on. Set the clock of the node.",
  },
  CAEndsVerySoon: {
    steps: warningOf('CAEndsVerySoon', async () => describing(endingIn(13))),
    says: `Warning CAEndsVerySoon: ${endText}`,
  },
  LifetimeNoLongerFits: {
    steps: async (stage) => {
      await stage.issuerOf(await describing(endingIn(80)));
      await stage.askForServer();
      await stage.failure();
      await checkAgain(stage);
      return stage.event('LifetimeNoLongerFits', pca);
    },
    says: 'Warning LifetimeNoLongerFits: Certificates of 2160h0m0s were asked for, which no longer fit before the end of CA "ID" at TIME: their next renewal fails. Renew the CA, or have spec.duration of the Certificates ask for less.',
  },
  CAEndsSoon: {
    steps: warningOf('CAEndsSoon', async () => describing(endingIn(59))),
    says: `Warning CAEndsSoon: ${endText}`,
  },
  SubscriptionEnded: {
    steps: warningOf('SubscriptionEnded', async () => ({
      ...(await describing(hierarchy())),
      ...subscriptionUntil(-1),
    })),
    says: `Warning SubscriptionEnded: ${subscriptionText('ended')}`,
  },
  QuotaEndsSoon: {
    steps: async (stage) => {
      const remaining = (call: number): number => (call === 1 ? 100 : 40);
      const told = (call: number) => ({ CertTotalCount: 120, CertRemainingCount: remaining(call) });
      await stage.issuerOf(await describing(hierarchy(), told));
      await checkAgain(stage);
      const said = await stage.event('QuotaEndsSoon', pca);
      return said.replace(/about \d{4}-\d\d-\d\d/, 'about DAY');
    },
    says: `Warning QuotaEndsSoon: 60 certificates were used in the last week. At that rate the 40 of 120 that remain are used up about DAY. ${advice}`,
  },
  SubscriptionEndsSoon: {
    steps: warningOf('SubscriptionEndsSoon', async () => ({
      ...(await describing(hierarchy())),
      ...subscriptionUntil(10),
    })),
    says: `Warning SubscriptionEndsSoon: ${subscriptionText('ends')}`,
  },
  QuotaLow: {
    steps: warningOf('QuotaLow', async () =>
      describing(hierarchy(), () => ({ CertTotalCount: 100, CertRemainingCount: 20 })),
    ),
    says: `Warning QuotaLow: Only 20 of 100 certificates remain. ${advice}`,
  },
};
