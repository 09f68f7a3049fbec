// Calls that are all signed with one access key.
import type { Wrap } from '../call.ts';
import type { AccessKey } from './access-key.ts';

/** Signs every call with this access key. */
export function withAccessKey(accessKey: AccessKey): Wrap {
  return (next) => (call, options) => next(call, { ...options, accessKey });
}
