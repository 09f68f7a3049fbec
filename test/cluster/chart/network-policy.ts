// The chart's NetworkPolicy where the cluster enforces it: nothing but what it names is reached.
import { expect, it } from 'vitest';

import { conditionsOf, reference } from '../../support/cluster.ts';
import { ready, sharedIssuerRef } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { certificate } from '../../support/world.ts';

// The simulator's; the chart's default is 443 alone.
const cloudPorts = [443, 8080];

/** Leaves the chart installed with a policy that lets the simulator be reached. */
export function networkPolicy(world: () => InstalledWorld): void {
  it('keeps the operator from what its NetworkPolicy does not name, and the issuer says so', async () => {
    const { cluster, team } = world();
    await world().install({ secretAccess: { namespaces: [team] }, networkPolicy: { enabled: true } });
    const manifests = world().issuer('closed-off', team);
    await cluster.apply(manifests);
    const issuer = reference(manifests.at(-1)!);
    const closedOff = await cluster.waitForCondition(issuer, {
      type: 'Ready',
      status: 'False',
      reason: 'PCAUnavailable',
    });
    expect(conditionsOf(closedOff)[0]?.message).toContain('check spec.region, spec.endpoint and the network');
    await world().install({ secretAccess: { namespaces: [team] }, networkPolicy: { enabled: true, cloudPorts } });
    await cluster.waitForCondition(issuer, ready);
    await world().applyReady(certificate(team, 'behind-policy', { issuerRef: sharedIssuerRef }));
  });
}
