// Name, namespace and UID of a Kubernetes object in a file, where they are texts.
import { isObject } from './documents.ts';

/** The names in metadata; for an object with generateName, that one. */
export interface ObjectName {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly uid: string | undefined;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** Reads metadata of any form. */
export function nameOf({ metadata }: Readonly<Record<string, unknown>>): ObjectName {
  const fields = isObject(metadata) ? metadata : {};
  const { annotations } = fields;
  return {
    name: textOf(fields['name']) ?? textOf(fields['generateName']),
    namespace: textOf(fields['namespace']),
    uid: textOf(fields['uid']),
    annotations: isObject(annotations) ? annotations : {},
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
