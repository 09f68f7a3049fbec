// YAML, of which JSON is a part. Imported only where there is something to read: most pods never load the library.
import { parseDocument } from 'yaml';

const maxAliases = 100;

/** What a text holds; throws where it is not YAML. */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  return document.toJS({ maxAliasCount: maxAliases });
}
