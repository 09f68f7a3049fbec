// Fields that the schema in the cluster does not have, as under an older CRD: the API server refuses to apply an object with them.
import type { KubernetesFailure } from './failure.ts';

const words = ': field not declared in schema';

/** Paths such as `.status.operator` that an apply was refused for (kube-apiserver 1.36); empty where it was for something else. */
export function undeclaredFields({ message }: Pick<KubernetesFailure, 'message'>): readonly string[] {
  return message
    .split(words)
    .slice(0, -1)
    .map((before) => before.slice(Math.max(before.lastIndexOf(' '), before.lastIndexOf('\n')) + 1))
    .filter((path) => path.startsWith('.'));
}

/** A copy of the object without the fields at these paths; what is no field of an object stays. */
export function withoutFields<T extends object>(object: T, paths: readonly string[]): T {
  const copy = structuredClone(object);
  for (const path of paths) {
    const names = path.slice(1).split('.');
    const last = names.pop() ?? '';
    const parent = names.reduce<unknown>(memberOf, copy);
    if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, last);
  }
  return copy;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
