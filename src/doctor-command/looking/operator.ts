// The operator as its Deployment shows it, and from inside the pod as the process beside this one does.
import { readFileSync } from 'node:fs';
import { podIdentity } from '../../runtime/pod-identity.ts';
import type { ObjectName } from '../../cluster-reading/right.ts';
import type { OperatorFacts, ProjectedToken } from '../facts.ts';
import { mapSeen, seen } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';
import type { Reader } from '../../cluster-reading/reader.ts';
import { readSettings } from './settings.ts';
import type { Settings } from './settings.ts';

/** An operator with its settings as it reads them, or a sentence about the one at fault. */
export interface FoundOperator extends Omit<OperatorFacts, 'options'> {
  readonly settings: Settings | string;
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers?: readonly Container[];
  readonly volumes?: readonly {
    readonly projected?: {
      readonly sources?: readonly {
        readonly serviceAccountToken?: { readonly audience?: string; readonly path?: string };
      }[];
    };
  }[];
}

/** A Deployment, with the fields that are looked at. */
export interface Deployment {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: { readonly spec?: PodSpec };
  };
  readonly status?: { readonly availableReplicas?: number };
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec?: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

/** The label by which the chart's objects are found. */
const ownLabel = 'app.kubernetes.io/name=alibaba-pca-issuer';
/** The operator's container, whatever the sidecars beside it. */
const containerName = 'alibaba-pca-issuer';
const versionLabel = 'app.kubernetes.io/version';

/** The operator as facts. */
export function factsOf({ settings, ...operator }: FoundOperator): OperatorFacts {
  return { ...operator, options: typeof settings === 'string' ? settings : settings.options };
}

/** Path of all Deployments, or of those of a namespace. */
export function deploymentsPath(namespace?: string): string {
  return namespace === undefined
    ? '/apis/apps/v1/deployments'
    : `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
}

/** The operators that are installed: the one that is named alone, else all with the chart's label. */
export async function lookAtOperators(
  reader: Reader,
  { named, namespace }: { readonly named: ObjectName | undefined; readonly namespace: string | undefined },
): Promise<Seen<readonly FoundOperator[]>> {
  const look: Seen<readonly Deployment[]> =
    named === undefined
      ? mapSeen(
          await reader.list<Deployment>(deploymentsPath(namespace), { labelSelector: ownLabel }),
          ({ items }) => items,
        )
      : mapSeen(
          await reader.get<Deployment>(`${deploymentsPath(named.namespace)}/${encodeURIComponent(named.name)}`),
          (deployment) => [deployment],
        );
  if (look.kind !== 'seen') return look;
  return seen(
    await Promise.all(look.value.map(async (deployment) => operatorOf(deployment, await podsOf(deployment, reader)))),
  );
}

/** Pods show what was injected into them; none where they may not be read. */
async function podsOf({ metadata, spec }: Deployment, reader: Reader): Promise<readonly Pod[]> {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  if (labels.length === 0) return [];
  const labelSelector = labels.map(([name, value]) => `${name}=${value}`).join(',');
  const path = `/api/v1/namespaces/${encodeURIComponent(metadata.namespace)}/pods`;
  const look = await reader.list<Pod>(path, { labelSelector });
  return look.kind === 'seen' ? look.value.items : [];
}

/** What a Deployment and its pods say. Pure. */
export function operatorOf({ metadata, spec = {}, status = {} }: Deployment, pods: readonly Pod[]): FoundOperator {
  const template = spec.template?.spec ?? {};
  const present = runningSpec(pods) ?? template;
  const { image, args = [], env = [] } = ownContainer(present);
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  return {
    deployment: { namespace: metadata.namespace, name: metadata.name },
    namespace: metadata.namespace,
    serviceAccount: template.serviceAccountName ?? 'default',
    settings: readSettings(args, environment),
    identity: podIdentity(environment),
    tokens: tokensOf(present),
    version: versionOf(metadata, image),
    replicas: { wanted: spec.replicas ?? 1, available: status.availableReplicas ?? 0 },
    stuckPods: pods.flatMap(stuckText),
  };
}

/** The operator in whose pod this is; its flags are those of the first process of the container. */
export function ownOperator(
  { namespace, name }: ObjectName,
  {
    environment,
    version,
  }: { readonly environment: Readonly<Record<string, string | undefined>>; readonly version: string },
): FoundOperator {
  return {
    deployment: undefined,
    namespace,
    serviceAccount: name,
    settings: readSettings(ownArguments(), environment),
    identity: podIdentity(environment),
    tokens: [],
    version,
    replicas: undefined,
    stuckPods: [],
  };
}

// Behind the entry point of the image: node, its flags, main.js.
function ownArguments(): readonly string[] {
  try {
    const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0').slice(0, -1);
    const main = words.findIndex((word) => word.endsWith('/main.js'));
    return main < 0 ? [] : words.slice(main + 1);
  } catch {
    return [];
  }
}

function runningSpec(pods: readonly Pod[]): PodSpec | undefined {
  return pods.find(({ status }) => status?.phase === 'Running')?.spec;
}

function ownContainer({ containers = [] }: PodSpec): Partial<Container> {
  return containers.find(({ name }) => name === containerName) ?? containers[0] ?? {};
}

function tokensOf({ volumes = [] }: PodSpec): readonly ProjectedToken[] {
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  return sources.flatMap(({ serviceAccountToken: token }) =>
    // Without an audience it is the API server's own.
    token?.audience === undefined ? [] : [{ audience: token.audience, path: token.path ?? '' }],
  );
}

function versionOf({ labels = {} }: Deployment['metadata'], image: string | undefined): string | undefined {
  return labels[versionLabel] ?? tagOf(image);
}

function tagOf(image: string | undefined): string | undefined {
  return /:([^:/@]+)(?:@[^@]*)?$/.exec(image ?? '')?.[1];
}

function stuckText({ metadata, status }: Pod): readonly string[] {
  const waiting = status?.containerStatuses?.flatMap(({ state }) => state?.waiting?.reason ?? [])[0];
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const reason = waiting ?? status?.reason ?? unscheduled?.message;
  return reason === undefined || status?.phase === 'Succeeded' ? [] : [`Pod ${metadata.name}: ${reason}`];
}
