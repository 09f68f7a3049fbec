// `ApiPassthrough` of CreateExternalCACertificate: JSON text in one parameter.
import { extendedKeyUsage, extensionType, purposes } from '../x509/extensions.ts';
import type { ExtensionContent } from '../x509/extensions.ts';
import { isObjectIdentifier } from '../x509/der-writer.ts';
import type { NameAttribute } from '../x509/names.ts';
import { subjectFields } from './subject-fields.ts';

/** The contents that are passed through; without a subject the CSR's is used. */
export interface ExternalPassthrough {
  readonly subject: readonly NameAttribute[];
  readonly extensions: readonly ExtensionContent[];
  readonly pathLength: number;
}

/** Reads the text, undefined when it has not the documented form; no text passes nothing through. */
export function readExternalPassthrough(text: string | undefined): ExternalPassthrough | undefined {
  const whole = members(text === undefined ? {} : parsed(text), ['Subject', 'Extensions']);
  const subject = readSubject(whole?.['Subject'] ?? {});
  const extensions = readExtensions(whole?.['Extensions'] ?? {});
  return whole === undefined || subject === undefined || extensions === undefined
    ? undefined
    : { subject, ...extensions };
}

function readSubject(given: unknown): ExternalPassthrough['subject'] | undefined {
  const fields = members(
    given,
    subjectFields.map(([name]) => name),
  );
  if (fields === undefined) return undefined;
  const attributes = subjectFields.flatMap(([name, type, most]) => attributeOf(fields[name], type, most));
  const known = attributes.filter((attribute) => attribute !== undefined);
  return known.length < attributes.length ? undefined : known;
}

function readExtensions(given: unknown): Pick<ExternalPassthrough, 'extensions' | 'pathLength'> | undefined {
  const fields = members(given, ['ExtendedKeyUsages', 'PathLenConstraint']);
  const usages = usagesOf(fields?.['ExtendedKeyUsages'] ?? []);
  const pathLength = fields?.['PathLenConstraint'] ?? 0;
  if (fields === undefined || usages === undefined || !isPathLength(pathLength)) return undefined;
  const value = extendedKeyUsage(usages);
  const usage: ExtensionContent = { type: extensionType.extendedKeyUsage, critical: false, value };
  return { extensions: usages.length === 0 ? [] : [usage], pathLength };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function members(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.keys(value).every((name) => known.includes(name)) ? (value as Record<string, unknown>) : undefined;
}

function attributeOf(value: unknown, type: string, most: number): (NameAttribute | undefined)[] {
  if (value === undefined) return [];
  return [typeof value === 'string' && value !== '' && value.length <= most ? { type, value } : undefined];
}

function usagesOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const usages = value.map((usage) => (typeof usage === 'string' ? (purposes[usage] ?? usage) : ''));
  return usages.every(isObjectIdentifier) ? usages : undefined;
}

function isPathLength(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 127;
}
