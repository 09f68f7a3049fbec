// CHANGELOG.md as data: the changes of one version, for the notes of a release and for Artifact Hub. Pure.

/** The headings of Keep a Changelog, as Artifact Hub calls them. */
const kinds = {
  Added: 'added',
  Changed: 'changed',
  Deprecated: 'deprecated',
  Removed: 'removed',
  Fixed: 'fixed',
  Security: 'security',
} as const;

/** One change that users notice. */
export interface Change {
  readonly kind: (typeof kinds)[keyof typeof kinds];
  /** Markdown, on one line. */
  readonly description: string;
}

/** A version's section. */
export interface Section {
  /** As in its heading: a version, or `Unreleased`. */
  readonly version: string;
  /** ISO 8601 date; undefined where there is none. */
  readonly date: string | undefined;
  readonly changes: readonly Change[];
  /** Markdown below the heading. */
  readonly text: string;
}

/** Reads a changelog; throws a sentence about the first line that is not of the form. */
export function readChangelog(text: string): readonly Section[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const heading = part.slice(0, end);
      const [, version, date] = /^(Unreleased|\d+\.\d+\.\d+)(?: - (\d{4}-\d\d-\d\d))?$/.exec(heading) ?? [];
      if (version === undefined) throw new Error(`The changelog's heading "${heading}" is no version.`);
      const body = part.slice(end + 1).trim();
      return { version, date, changes: readChanges(version, body), text: body };
    });
}

function readChanges(version: string, body: string): readonly Change[] {
  const changes: Change[] = [];
  let kind: Change['kind'] | undefined;
  for (const line of body.split('\n')) {
    const [, heading] = /^### (\w+)$/.exec(line) ?? [];
    const last = changes.at(-1);
    if (heading !== undefined && heading in kinds) kind = kinds[heading as keyof typeof kinds];
    else if (line.startsWith('- ') && kind !== undefined) changes.push({ kind, description: line.slice(2) });
    else if (line.startsWith('  ') && last !== undefined)
      changes.splice(-1, 1, { ...last, description: `${last.description} ${line.trim()}` });
    else if (line !== '') throw new Error(`In the changelog of ${version}, "${line}" is no change.`);
  }
  return changes;
}

/** The section of a version; throws where there is none, or where it names no change. */
export function sectionOf(sections: readonly Section[], version: string): Section {
  const found = sections.find((each) => each.version === version);
  if (found === undefined || found.changes.length === 0)
    throw new Error(`CHANGELOG.md has no changes of ${version}. Write them under "## ${version}".`);
  return found;
}
