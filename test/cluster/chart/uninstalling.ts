// The release goes and comes back.
import { expect, it } from 'vitest';

import { conditionsOf, reference } from '../../support/cluster.ts';
import type { ObjectReference } from '../../support/cluster.ts';
import { sharedIssuerRef } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { certificate } from '../../support/world.ts';

/** Leaves the chart installed as it was. */
export function uninstalling(world: () => InstalledWorld): void {
  it('leaves issuers and certificates when it is uninstalled, and takes them up again', async () => {
    const { cluster, team } = world();
    const kept: readonly ObjectReference[] = [
      ...world().issuer('shared'),
      ...world().issuer('pca', team),
      certificate(team, 'first'),
      certificate(team, 'own'),
    ].map(reference);
    const identities = async (): Promise<unknown> =>
      Promise.all(
        kept.map(async (what) => {
          const found = await cluster.get(what);
          return [what.kind, what.name, found?.metadata.uid];
        }),
      );
    const before = await identities();
    const leaf = (await world().leafOf('first')).fingerprint256;
    await world().uninstall();
    expect(await identities()).toEqual(before);
    await cluster.apply(certificate(team, 'meanwhile', { issuerRef: sharedIssuerRef }));
    await world().install({ secretAccess: { namespaces: [team] } });
    await world().applyReady(
      certificate(team, 'meanwhile', { issuerRef: sharedIssuerRef }),
      certificate(team, 'again'),
    );
    expect(await identities()).toEqual(before);
    expect((await world().leafOf('first')).fingerprint256).toBe(leaf);
    const first = await cluster.get(reference(certificate(team, 'first')));
    expect(conditionsOf(first!).filter(({ status }) => status !== 'True')).toEqual([]);
  });
}
