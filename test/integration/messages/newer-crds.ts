// CRDs of versions that are newer than the operator: cert-manager's and our own.
import { until } from '../../support/wait.ts';
import type { World } from '../../support/world.ts';

/** An operation that only the newer CRD of issuers knows. */
export const newerOperation = 'CreateFromTheFuture';
/** A usage that only the newer CRD of CertificateRequests knows. */
export const newerUsage = 'document signing';
/** A field that only the newer CRD of issuers knows. */
export const newerField = 'fromTheFuture';

interface Properties {
  [name: string]: {
    readonly type?: string;
    readonly properties?: Properties;
    readonly items?: { readonly enum?: string[] };
    readonly enum?: string[];
  };
}

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: { readonly openAPIV3Schema: { readonly properties: Properties } };
    }[];
  };
}

/** Has the CRDs take all of them. */
export async function installNewerCrds(world: World): Promise<void> {
  await change(world, 'certificaterequests.cert-manager.io', (spec) => spec['usages']?.items?.enum?.push(newerUsage));
  await change(world, 'alibabapcaissuers.pca.alibabacloud.com', (spec) => {
    spec['operation']?.enum?.push(newerOperation);
    spec[newerField] = { type: 'string' };
  });
}

async function change({ cluster }: World, name: string, edit: (spec: Properties) => unknown): Promise<void> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  await until(`the newer CRD ${name}`, async () => {
    const definition = (await cluster.api.send('GET', path)).body as Definition;
    edit(definition.spec.versions[0]?.schema.openAPIV3Schema.properties['spec']?.properties ?? {});
    return (await cluster.api.send('PUT', path, definition)).status === 200;
  });
}
