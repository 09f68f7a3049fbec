// In which words API servers refuse. Which object, which field and why is the same for all; in the refused value they differ.
import { versionsVariable } from '../../control-plane/driver/programs.ts';

const isOldest = process.env[versionsVariable] === 'oldest';

/** A refusal without what older API servers say otherwise, where one of them runs; as it is elsewhere. */
export function comparable(refusal: string): string {
  if (!isOldest) return refusal;
  return refusal
    .replaceAll(/Invalid value: (?:"(?:[^"\\]|\\.)*": |"null": |null: )?/g, 'Invalid value: ')
    .replaceAll('map[string]interface {}', '')
    .replaceAll(/(^|\[)status\./g, '$1');
}
