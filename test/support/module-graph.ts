// Reads TypeScript sources as a graph of imports, without comments and texts getting in the way.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One import or re-export. */
export interface Import {
  /** Path from the repository's root for a relative import, else the package or `node:` name as written. */
  readonly target: string;
  readonly relative: boolean;
  /** Gone after compiling. */
  readonly typeOnly: boolean;
  /** Names in the braces, without `type` and aliases. */
  readonly names: readonly string[];
}

/** One source file. */
export interface Module {
  /** From the repository's root. */
  readonly path: string;
  readonly lines: number;
  /** The text with comments removed and the contents of texts blanked. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Every .ts file below these folders of the repository. */
export function readModules(folders: readonly string[]): readonly Module[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .toSorted()
      .map((name) => {
        const path = posix.join(folder, name);
        return readModule(path, readFileSync(join(root, path), 'utf8'));
      }),
  );
}

/** A module from its text. */
export function readModule(path: string, text: string): Module {
  const withoutComments = scan(text, false);
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    code: scan(text, true),
    imports: readImports(path, withoutComments),
  };
}

const statement = /^[ \t]*(?:import|export)\s+(type\s+)?(?:([\w*\s{},$]*?)\s*from\s*)?(['"])([^'"]+)\3/gm;
const dynamic = /\bimport\(\s*(['"])([^'"]+)\1/g;

function readImports(path: string, code: string): readonly Import[] {
  const statics = [...code.matchAll(statement)].map(([, type, clause = '', , source = '']): Import => {
    const inBraces =
      /\{([^}]*)\}/
        .exec(clause)?.[1]
        ?.split(',')
        .map((name) => name.trim()) ?? [];
    const given = inBraces.filter((name) => name !== '');
    return {
      ...resolve(path, source),
      typeOnly: type !== undefined || (given.length > 0 && given.every((name) => name.startsWith('type '))),
      names: given.map((name) => name.replace(/^type\s+/, '').replace(/\s+as\s.*$/, '')),
    };
  });
  const dynamics = [...code.matchAll(dynamic)].map(([, , source = '']): Import => ({
    ...resolve(path, source),
    typeOnly: false,
    names: [],
  }));
  return [...statics, ...dynamics];
}

function resolve(path: string, source: string): Pick<Import, 'target' | 'relative'> {
  return source.startsWith('.')
    ? { target: posix.join(posix.dirname(path), source), relative: true }
    : { target: source, relative: false };
}

// One pass over comments, texts and everything else; regular expressions with quotes in them are rare enough to be
// taken for texts, which end at the line's end at the latest.
const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

function scan(text: string, blankTexts: boolean): string {
  return text.replace(token, (found) => {
    if (found.startsWith('//') || found.startsWith('/*')) return found.replace(/[^\n]/g, ' ');
    return blankTexts && !found.startsWith('`') ? "''" : found;
  });
}
