// The table of the versions that tests run on, from the module files that pin them. Pure.
import { markdownTable } from './generated-section.ts';

const modules = { Kubernetes: 'k8s.io/kubernetes', 'cert-manager': 'github.com/cert-manager/cert-manager' } as const;
const files = { oldest: 'control-plane/oldest.mod', newest: 'control-plane/go.mod' } as const;

/** The versions of one pair, without their `v`. */
export function testedVersions(
  which: keyof typeof files,
  read: (path: string) => string,
): Readonly<Record<keyof typeof modules, string>> {
  const text = read(files[which]);
  const versionOf = (module: string): string => {
    const line = text.split('\n').find((each) => each.trim().startsWith(`${module} v`));
    if (line === undefined) throw new Error(`${files[which]} requires no ${module}.`);
    return line.trim().slice(module.length + 2);
  };
  return { Kubernetes: versionOf(modules.Kubernetes), 'cert-manager': versionOf(modules['cert-manager']) };
}

/** The heads of the columns, in the language of the page. */
interface Heads {
  readonly oldest: string;
  readonly newest: string;
}

/** One row for each of the two products. */
export function testedVersionsTable(read: (path: string) => string, heads: Heads): string {
  const [oldest, newest] = [testedVersions('oldest', read), testedVersions('newest', read)];
  return markdownTable(
    ['', heads.oldest, heads.newest],
    (['Kubernetes', 'cert-manager'] as const).map((name) => [name, oldest[name], newest[name]]),
  );
}
