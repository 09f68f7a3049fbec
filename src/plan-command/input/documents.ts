// From the texts of files to documents: CSRs in PEM and Kubernetes objects, each with the place where it stands.
import { parseAllDocuments } from 'yaml';

/** One thing found in a file; `source` says where, for messages. */
export type InputDocument =
  | { readonly kind: 'csr'; readonly source: string; readonly pem: string }
  | { readonly kind: 'object'; readonly source: string; readonly object: Readonly<Record<string, unknown>> };

/** The contents of a file; faults are sentences that name the file. */
export interface FileContents {
  readonly documents: readonly InputDocument[];
  readonly faults: readonly string[];
}

// No manifest is this large; it bounds the time and memory that a wrong file can cost.
const maxOctets = 8 * 1024 * 1024;
const maxAliases = 100;
// In YAML no line of a mapping begins like this, so the two cannot be mistaken for each other.
const pemHeader = /^-----BEGIN [A-Z0-9 ]+-----/m;

/** Reads the text of a file. */
export function readDocuments(file: string, octets: Buffer): FileContents {
  if (octets.length > maxOctets) return faulty(`${file} is larger than 8 MiB. Give a file with manifests or a CSR.`);
  const text = octets.toString('utf8');
  if (pemHeader.test(text)) return { documents: [{ kind: 'csr', source: file, pem: text }], faults: [] };
  const parsed = parseYaml(text);
  if (parsed.kind === 'malformed')
    return faulty(`${file} is neither YAML nor a CSR in PEM: ${parsed.message}. Correct it, or give another file.`);

  const several = parsed.values.length > 1;
  const read = parsed.values.map((value, index) => objectsIn(value, several ? `${file}, document ${index + 1}` : file));
  return { documents: read.flatMap(({ documents }) => documents), faults: read.flatMap(({ faults }) => faults) };
}

function parseYaml(
  text: string,
):
  | { readonly kind: 'ok'; readonly values: readonly unknown[] }
  | { readonly kind: 'malformed'; readonly message: string } {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: true });
    if (!Array.isArray(documents)) return { kind: 'ok', values: [] };
    const fault = documents.flatMap(({ errors }) => errors)[0];
    if (fault !== undefined) return { kind: 'malformed', message: firstLine(fault.message) };
    return { kind: 'ok', values: documents.map((each): unknown => each.toJS({ maxAliasCount: maxAliases })) };
  } catch (error) {
    // The library throws on too many aliases, and when the nesting is too deep for its recursion.
    return { kind: 'malformed', message: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[:.]$/, '');
}

function objectsIn(value: unknown, source: string): FileContents {
  // An empty document, as after a trailing "---".
  if (value === null || value === undefined) return { documents: [], faults: [] };
  if (!isObject(value)) return faulty(`${source} holds no Kubernetes object. Give a manifest or a CSR in PEM.`);
  const { kind, items } = value;
  if (typeof kind !== 'string') return faulty(`${source} has no kind. Give a Kubernetes object or a CSR in PEM.`);
  if (!kind.endsWith('List') || !Array.isArray(items))
    return { documents: [{ kind: 'object', source, object: value }], faults: [] };

  const read = items.map((item: unknown, index) => objectsIn(item, `${source}, item ${index + 1}`));
  return { documents: read.flatMap(({ documents }) => documents), faults: read.flatMap(({ faults }) => faults) };
}

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faulty(fault: string): FileContents {
  return { documents: [], faults: [fault] };
}
