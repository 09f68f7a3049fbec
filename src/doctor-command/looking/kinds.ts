// Whether the API server serves the kinds that are needed, and whether the CRDs of the issuers are those of this version.
import { certManagerApiVersion } from '../../crds/cert-manager.ts';
import { signingRequestApiVersion } from '../../crds/certificate-signing-request.ts';
import { customResourceDefinition } from '../../crds/custom-resource-definition.ts';
import { apiVersion, issuerKinds, version } from '../../crds/issuer.ts';
import type { IssuerKind } from '../../crds/issuer.ts';
import type { KindFacts, Place } from '../facts.ts';
import { mapSeen } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import type { Reader } from '../../cluster-reading/reader.ts';

interface ResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

interface Definition {
  readonly spec?: {
    readonly versions?: readonly { readonly name: string; readonly schema?: { readonly openAPIV3Schema?: unknown } }[];
  };
}

const ofOthers = [
  { resource: 'certificates', apiVersion: certManagerApiVersion },
  { resource: 'certificaterequests', apiVersion: certManagerApiVersion },
  { resource: 'certificatesigningrequests', apiVersion: signingRequestApiVersion },
] as const;

/** Every kind that is needed. Discovery is open to everybody who is authenticated; the CRDs are not, nor to the operator. */
export async function lookAtKinds(reader: Reader, place: Place): Promise<readonly KindFacts[]> {
  const groups = [apiVersion, certManagerApiVersion, signingRequestApiVersion] as const;
  const lists = new Map<string, Seen<ResourceList>>(
    await Promise.all(groups.map(async (group) => [group, await reader.get<ResourceList>(`/apis/${group}`)] as const)),
  );
  const served = (group: string, resource: string): Seen<boolean> => {
    const list = lists.get(group) ?? { kind: 'absent' as const };
    return list.kind === 'absent'
      ? { kind: 'seen', value: false }
      : mapSeen(list, ({ resources = [] }) => resources.some(({ name }) => name === resource));
  };
  const own = issuerKinds.map(async (kind): Promise<KindFacts> => {
    const { plural: resource } = kind;
    return {
      resource,
      apiVersion,
      served: served(apiVersion, resource),
      differences: place === 'pod' ? undefined : await differences(kind, reader),
    };
  });
  const others = ofOthers.map((kind): KindFacts => {
    return { ...kind, served: served(kind.apiVersion, kind.resource), differences: undefined };
  });
  return [...(await Promise.all(own)), ...others];
}

async function differences(kind: IssuerKind, reader: Reader): Promise<KindFacts['differences']> {
  const present = customResourceDefinition(kind);
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${present.metadata.name}`;
  return mapSeen(await reader.get<Definition>(path), (definition) => {
    const [wanted, found] = [fieldsOf(present), fieldsOf(definition)];
    return {
      missing: [...wanted].filter((field) => !found.has(field)),
      further: [...found].filter((field) => !wanted.has(field)),
    };
  });
}

/** Paths of the fields that a definition has in our version. Pure. */
function fieldsOf({ spec }: Definition): ReadonlySet<string> {
  const schema = spec?.versions?.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
  return new Set(pathsIn(schema, '').filter((path) => path.startsWith('spec') || path.startsWith('status')));
}

function pathsIn(schema: unknown, path: string): readonly string[] {
  const { properties, items } = (schema ?? {}) as { readonly properties?: object; readonly items?: unknown };
  const below = Object.entries(properties ?? {}).flatMap(([name, each]) => {
    const field = path === '' ? name : `${path}.${name}`;
    return [field, ...pathsIn(each, field)];
  });
  return [...below, ...(items === undefined ? [] : pathsIn(items, `${path}[]`))];
}
