// A kind of its own for tests of the plumbing, with a status, so that nothing else in the cluster touches its objects.
import type { Manifest } from '../../support/cluster.ts';

/** One kind: its CRD and where its objects are. */
export interface TestKind {
  readonly definition: Manifest;
  /** Path of all objects. */
  readonly path: string;
  readonly apiVersion: string;
  /** Path of one namespace's objects. */
  pathIn(namespace: string): string;
  /** An object to be created. */
  object(name: string, value: string): object;
}

/** Describes a kind; `group` keeps tests apart. */
export function testKind(group: string): TestKind {
  const apiVersion = `${group}/v1`;
  const text = { type: 'string' };
  return {
    apiVersion,
    path: `/apis/${apiVersion}/things`,
    pathIn: (namespace) => `/apis/${apiVersion}/namespaces/${namespace}/things`,
    object: (name, value) => ({ apiVersion, kind: 'Thing', metadata: { name }, spec: { value } }),
    definition: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', properties: { value: text } },
                  status: { type: 'object', properties: { value: { ...text, maxLength: 10 } } },
                },
              },
            },
          },
        ],
      },
    },
  };
}
