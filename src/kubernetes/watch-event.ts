// One line of a watch, read and checked: nothing that arrives on the wire can throw here.
import { boundedRetryAfter, statusFields } from './failure.ts';
import type { KubernetesObject } from './objects.ts';

/** What a line says. */
export type WatchEvent =
  | { readonly kind: 'object'; readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubernetesObject }
  | {
      readonly kind: 'bookmark';
      readonly resourceVersion: string;
      /** The end of the initial state of a WatchList. */
      readonly initialEventsEnd: boolean;
    }
  | {
      readonly kind: 'error';
      /** HTTP-like code; 410 means that the resourceVersion is too old. */
      readonly status: number | undefined;
      readonly message: string;
      readonly retryAfterMs: number | undefined;
    }
  /** Not a watch event. The message tells what is wrong and quotes nothing. */
  | { readonly kind: 'garbage'; readonly message: string };

const endAnnotation = 'k8s.io/initial-events-end';

/** Reads one line. */
export function parseWatchEvent(line: Buffer): WatchEvent {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return garbage(`a line of ${line.length} bytes is not JSON`);
  }
  if (!isRecord(value) || !isRecord(value['object']))
    return garbage(`a line of ${line.length} bytes is not a watch event`);

  const { type, object } = value;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return isKubernetesObject(object)
        ? { kind: 'object', type, object }
        : garbage(`the object of an event of type ${type} has no name, uid or resourceVersion`);
    case 'BOOKMARK':
      return bookmark(object);
    case 'ERROR':
      return errorEvent(object);
    default:
      return garbage('an event is of an unknown type');
  }
}

/** Whether a value has the metadata that a stored object always has. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  const { name, namespace, uid, resourceVersion } = value['metadata'];
  return [name, uid, resourceVersion].every(isText) && (namespace === undefined || isText(namespace));
}

function bookmark(object: Readonly<Record<string, unknown>>): WatchEvent {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const { resourceVersion, annotations } = metadata;
  if (!isText(resourceVersion)) return garbage('a bookmark has no resourceVersion');
  return {
    kind: 'bookmark',
    resourceVersion,
    initialEventsEnd: isRecord(annotations) && annotations[endAnnotation] === 'true',
  };
}

function errorEvent(object: Readonly<Record<string, unknown>>): WatchEvent {
  const { reason, message, retryAfterSeconds } = statusFields(object);
  const { code } = object;
  const said = [reason, message].filter((part) => part !== undefined && part !== '').join(': ');
  return {
    kind: 'error',
    status: typeof code === 'number' ? code : undefined,
    message: said === '' ? 'an ERROR event without a message' : said.slice(0, 1000),
    retryAfterMs: boundedRetryAfter(retryAfterSeconds),
  };
}

function garbage(message: string): WatchEvent {
  return { kind: 'garbage', message };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
