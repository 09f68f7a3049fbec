// Bodies of PCA's answers: fields that may be missing, numbers that may be strings, PEMs that may be lists.
import type { IssueReply, ListPage } from './operation.ts';

/** A JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object, undefined when it is not one. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A text that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

const longestIdentifier = 128;

/**
 * A text or number that names something: printable ASCII of at most 128 characters, so that it can be kept, sent and shown
 * as it is. Whatever else stands in its place is none.
 */
export function asIdentifier(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  if (text.length > 2 * longestIdentifier) return undefined;
  const trimmed = text.trim();
  return trimmed.length <= longestIdentifier && /^[\x20-\x7e]+$/.test(trimmed) ? trimmed : undefined;
}

/** A finite number, given as number or as decimal text. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\s*-?\d{1,15}(\.\d+)?\s*$/.test(value)) return undefined;
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** A whole number from zero on; whatever else stands in its place counts nothing. */
export function asCount(value: unknown): number | undefined {
  const number = asNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A moment given in milliseconds since 1970, as number or text; zero and less mean none. */
export function asMoment(value: unknown): Date | undefined {
  const ms = asNumber(value);
  if (ms === undefined || ms <= 0 || ms > 8.64e15) return undefined;
  return new Date(ms);
}

/** The PEM texts among these values; a value may be a list of them. */
export function asTexts(...values: readonly unknown[]): readonly string[] {
  return values.flat().flatMap((value) => asText(value) ?? []);
}

/** The fields from which a reply is made; those that an operation lacks are undefined. */
export interface ReplyFields {
  readonly identifier: unknown;
  readonly certificate: unknown;
  readonly chain: readonly unknown[];
  readonly serialNumber: unknown;
}

/** The reply in a body whose fields have the names that most operations use. */
export function readReply(action: string, body: unknown): IssueReply {
  const fields = asObject(body) ?? {};
  return replyOf(action, {
    identifier: fields['Identifier'],
    certificate: fields['Certificate'],
    chain: [fields['CertificateChain']],
    serialNumber: fields['SerialNumber'],
  });
}

/** The reply that these fields make, the same for all operations. */
export function replyOf(action: string, fields: ReplyFields): IssueReply {
  const identifier = asIdentifier(fields.identifier);
  const certificate = asText(fields.certificate);
  if (certificate !== undefined) {
    const serialNumber = asIdentifier(fields.serialNumber);
    return { kind: 'issued', identifier, certificate, chain: asTexts(...fields.chain), serialNumber };
  }
  if (identifier !== undefined) return { kind: 'pending', identifier };
  return { kind: 'malformed', message: `The answer to ${action} holds neither a certificate nor an identifier.` };
}

/** How many entries a page of a list is asked for. */
export const pageSize = 50;

/**
 * The page whose entries are in `member`. Those that `read` makes nothing of are left out; but of a page of which nothing can be
 * read, or that is longer than what was asked for, nothing is concluded. The list of an empty page may be missing, if the total
 * says that there is nothing, or null, if no total says that there is something.
 */
export function readListPage<Item>(
  action: string,
  body: unknown,
  member: string,
  read: (entry: JsonObject) => Item | undefined,
): ListPage<Item> {
  const page = asObject(body);
  const total = asCount(page?.['TotalCount']);
  const list = page?.[member];
  if (isEmptyWithout(list, total)) return { kind: 'ok', items: [], entries: 0, total };
  if (!Array.isArray(list)) return unlisted(action, 'holds no list of certificates');
  if (list.length > pageSize)
    return unlisted(action, `holds ${list.length} certificates on a page for which ${pageSize} were asked`);

  const items = list.flatMap((entry: unknown) => {
    const object = asObject(entry);
    return (object === undefined ? undefined : read(object)) ?? [];
  });
  if (items.length === 0 && list.length > 0) return unlisted(action, 'holds no certificate with an identifier');
  // A total of less than there is says nothing about further pages.
  return { kind: 'ok', items, entries: list.length, total: (total ?? 0) >= list.length ? total : undefined };
}

function isEmptyWithout(list: unknown, total: number | undefined): boolean {
  return list === undefined ? total === 0 : list === null && (total ?? 0) === 0;
}

function unlisted(action: string, fault: string): { readonly kind: 'malformed'; readonly message: string } {
  return { kind: 'malformed', message: `The answer to ${action} ${fault}.` };
}
