// The condition Ready of the issuer of a scene, as users read it.
import type { IssuerReason } from '../../../src/controllers/issuers/reasons.ts';
import { conditionsOf } from '../../support/cluster.ts';
import { pca } from './stage.ts';
import type { Stage } from './stage.ts';

/** Status, reason and message of Ready, once it has the reason. */
export async function told(stage: Stage, reason: IssuerReason, reference = stage.issuerReference): Promise<string> {
  const found = await stage.world.cluster.waitFor(reference, `Ready for the reason ${reason}`, (object) =>
    conditionsOf(object).some((condition) => condition.type === 'Ready' && condition.reason === reason),
  );
  const ready = conditionsOf(found).find(({ type }) => type === 'Ready');
  return `${ready?.status ?? ''}: ${ready?.message ?? ''}`;
}

/** Steps: an issuer with this spec. */
export function applying(reason: IssuerReason, spec: Readonly<Record<string, unknown>>) {
  return async (stage: Stage): Promise<string> => {
    await stage.world.cluster.apply(stage.world.issuer(stage.namespace, pca, spec));
    return told(stage, reason);
  };
}
