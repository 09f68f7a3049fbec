// What somebody may do in a cluster, in the words of RBAC.
import type { Seen } from './seen.ts';

/** An action on a resource: of every namespace where none is named, of every object where no name is. */
export interface Right {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The right as a reader of RBAC writes it: `patch certificaterequests/status (cert-manager.io)`. */
export function describeRight({ verb, group, resource, subresource, namespace, name }: Right): string {
  const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const where = [
    ...(group === '' ? [] : [`(${group})`]),
    ...(name === undefined ? [] : [`"${name}"`]),
    ...(namespace === undefined ? [] : [`in namespace ${namespace}`]),
  ];
  return [what, ...where].join(' ');
}

/** Namespace and name of an object. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Whether somebody may do something. */
export interface RightFacts {
  readonly right: Right;
  readonly allowed: Seen<boolean>;
}
