// The rules about the structure of the sources, as functions of a module graph.
import type { Import, Module } from './module-graph.ts';

/** One rule; it names each violation in a sentence. */
export interface Rule {
  readonly name:
    | 'layers import only what lies below them'
    | 'files have at most 300 lines'
    | 'rooms have at most 14 files'
    | 'src/issuing is pure'
    | 'time is read in src/timing alone'
    | '@peculiar/x509 is imported in one file'
    | 'pino is imported in one file'
    | 'nothing is exported as default';
  readonly check: (modules: readonly Module[]) => readonly string[];
}

const maxLines = 300;

interface Layer {
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Only with `import type`. */
  readonly mayImportTypes: readonly string[];
}

/** What subcommands may import that look at a cluster. */
const ofClusterCommands: readonly string[] = [
  'src/command-line/',
  'src/cluster-reading/',
  'src/issuing/',
  'src/kubernetes/',
  'src/crds/',
  'src/timing/',
  'src/runtime/version.ts',
];

// From the top of the house to its ground floor; of two folders that hold a file the longer one counts.
const layers: readonly Layer[] = [
  {
    // Construction only.
    folder: 'src/operator/',
    mayImport: [
      'src/tracing/',
      'src/controllers/',
      'src/authority/',
      'src/alibaba/',
      'src/kubernetes/',
      'src/crds/',
      'src/timing/',
      'src/runtime/',
    ],
    mayImportTypes: [],
  },
  {
    // PCA is behind one door, src/authority: of the way to it requests know types alone.
    folder: 'src/controllers/requests/',
    mayImport: [
      'src/controllers/issuers/',
      'src/authority/',
      'src/issuing/',
      'src/kubernetes/',
      'src/crds/',
      'src/timing/',
    ],
    mayImportTypes: ['src/alibaba/', 'src/runtime/'],
  },
  {
    // It observes requests, and does nothing with them.
    folder: 'src/tracing/',
    mayImport: ['src/http/', 'src/timing/'],
    mayImportTypes: ['src/controllers/requests/'],
  },
  {
    folder: 'src/controllers/issuers/',
    mayImport: ['src/authority/', 'src/issuing/', 'src/alibaba/', 'src/kubernetes/', 'src/crds/', 'src/timing/'],
    mayImportTypes: ['src/runtime/'],
  },
  {
    folder: 'src/authority/',
    mayImport: ['src/issuing/', 'src/alibaba/', 'src/crds/', 'src/timing/'],
    mayImportTypes: [],
  },
  {
    // Which subcommands there are; each is loaded when it runs.
    folder: 'src/program/',
    mayImport: [
      'src/apply-command/',
      'src/capacity-command/',
      'src/doctor-command/',
      'src/migrate-command/',
      'src/plan-command/',
      'src/command-line/',
      'src/operator/connect.ts',
      'src/kubernetes/',
      'src/timing/',
      'src/runtime/',
    ],
    mayImportTypes: [],
  },
  {
    folder: 'src/plan-command/',
    mayImport: ofClusterCommands,
    mayImportTypes: [],
  },
  {
    // Arithmetic: of the way to PCA it has the published limits.
    folder: 'src/capacity-command/',
    mayImport: ['src/command-line/', 'src/issuing/', 'src/crds/', 'src/alibaba/limits/rate-limit.ts'],
    mayImportTypes: [],
  },
  {
    // From facts to findings: neither cluster nor network, and of the operator's settings the types alone.
    folder: 'src/doctor-command/judging/',
    mayImport: [
      'src/doctor-command/facts.ts',
      'src/doctor-command/finding.ts',
      'src/doctor-command/rights.ts',
      'src/cluster-reading/right.ts',
      'src/cluster-reading/seen.ts',
      'src/controllers/issuers/aspects/reasons.ts',
      'src/controllers/issuers/reasons.ts',
      'src/issuing/',
      'src/crds/',
      'src/timing/moment.ts',
    ],
    mayImportTypes: [],
  },
  {
    // Everything that the operator goes through, it goes through as well.
    folder: 'src/doctor-command/',
    mayImport: [
      'src/command-line/',
      'src/cluster-reading/',
      'src/operator/pca.ts',
      'src/controllers/issuers/',
      'src/authority/',
      'src/issuing/',
      'src/alibaba/',
      'src/kubernetes/',
      'src/crds/',
      'src/timing/',
      'src/runtime/',
    ],
    mayImportTypes: [],
  },
  {
    folder: 'src/migrate-command/',
    mayImport: ofClusterCommands,
    mayImportTypes: [],
  },
  // What subcommands see of a cluster.
  { folder: 'src/cluster-reading/', mayImport: ['src/kubernetes/', 'src/timing/'], mayImportTypes: [] },
  {
    folder: 'src/apply-command/',
    mayImport: ['src/kubernetes/', 'src/crds/', 'src/timing/'],
    mayImportTypes: [],
  },
  {
    // Of time it has the way to write a moment.
    folder: 'src/issuing/',
    mayImport: ['src/crds/', 'src/timing/moment.ts'],
    mayImportTypes: [],
  },
  { folder: 'src/alibaba/', mayImport: ['src/http/', 'src/timing/'], mayImportTypes: [] },
  { folder: 'src/kubernetes/', mayImport: ['src/http/', 'src/timing/'], mayImportTypes: [] },
  { folder: 'src/http/', mayImport: ['src/timing/'], mayImportTypes: [] },
  // The version is the package's. The log and the command line show text from outside as all others do.
  {
    folder: 'src/runtime/',
    mayImport: ['package.json', 'src/timing/', 'src/issuing/x509/shown-text.ts'],
    mayImportTypes: [],
  },
  { folder: 'src/crds/', mayImport: [], mayImportTypes: [] },
  { folder: 'src/command-line/', mayImport: ['src/issuing/x509/shown-text.ts'], mayImportTypes: [] },
  { folder: 'src/timing/', mayImport: [], mayImportTypes: [] },
  // It must not know how the operator sees PCA; how a command line is read says nothing of that.
  { folder: 'simulator/', mayImport: ['src/command-line/'], mayImportTypes: [] },
];

// The entry of the process, which may import everything and which no layer may import.
const entry = 'src/main.ts';

const mostFilesInARoom = 14;
// Plumbing and encodings: long lists of small siblings that nobody searches for a street in.
const largeRooms: ReadonlySet<string> = new Set(['src/kubernetes', 'src/issuing/x509']);

// It makes requests for `alibaba-pca-issuer plan`, which reads none; what is read is read by src/issuing alone.
const requestMaker = 'src/plan-command/certificate-request-of.ts';

/** What a pure function cannot need. */
const impureImports = [
  'node:fs',
  'node:http',
  'node:https',
  'node:http2',
  'node:net',
  'node:tls',
  'node:dns',
  'node:os',
];
const impurePackages = ['node:child_process', 'node:timers', 'node:process', 'node:worker_threads', 'pino', 'undici'];
const impureNames = /^(random|generateKey|getRandomValues)/;
const impureCode: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bperformance\b/,
  /\bMath\.random\b/,
  /\bprocess\./,
  /\bconsole\./,
  /\bfetch\(/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bcrypto\.(?:random|getRandom)/,
];
// Loading reads files. The second reader of requests is loaded on first need; what it says is the same whenever that is.
const loading = /\bimport\(/;
const mayLoad = 'src/issuing/x509/request/second-opinion.ts';

const timeFolder = 'src/timing/';
// The log must tell when something happened whatever clock the rest of the process was given.
const alsoReadTime: readonly string[] = ['src/runtime/logger.ts'];
const timeImports = [
  'timers',
  'timers/promises',
  'node:timers',
  'node:timers/promises',
  'perf_hooks',
  'node:perf_hooks',
];
const timeCode: Readonly<Record<string, RegExp>> = {
  'Date.now': /\bDate\.now\b/,
  'new Date()': /\bnew Date\b(?:\(\s*\)|(?!\s*\())/,
  performance: /\bperformance\b/,
  'process.hrtime': /\bprocess\.hrtime\b/,
  'Math.random': /\bMath\.random\b/,
  'setTimeout or setInterval': /\bset(?:Timeout|Interval)\b/,
  'AbortSignal.timeout': /\bAbortSignal\.timeout\b/,
};

/** Every rule except the absence of cycles, which {@link findCycles} checks. */
export const rules: readonly Rule[] = [
  { name: 'layers import only what lies below them', check: checkLayers },
  {
    name: 'files have at most 300 lines',
    check: (modules) =>
      modules.filter(({ lines }) => lines > maxLines).map(({ path, lines }) => `${path} has ${lines} lines.`),
  },
  { name: 'rooms have at most 14 files', check: checkRooms },
  { name: 'src/issuing is pure', check: checkPurity },
  { name: 'time is read in src/timing alone', check: checkTime },
  {
    name: '@peculiar/x509 is imported in one file',
    check: (modules) =>
      checkOneImporter(
        '@peculiar/x509',
        modules.filter(({ path }) => path !== requestMaker),
      ),
  },
  { name: 'pino is imported in one file', check: (modules) => checkOneImporter('pino', modules) },
  {
    name: 'nothing is exported as default',
    check: (modules) =>
      modules
        .filter(({ code }) => /\bexport\s+default\b|\bas\s+default\b/.test(code))
        .map(({ path }) => `${path} has a default export.`),
  },
];

/** The violations of one rule. */
export function findViolations(rule: Rule, modules: readonly Module[]): readonly string[] {
  return rule.check(modules);
}

function checkLayers(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) => {
    const layer = layers.find(({ folder }) => module.path.startsWith(folder));
    if (layer === undefined && module.path !== entry) return [`${module.path} belongs to no layer.`];
    return module.imports
      .filter((imported) => imported.relative && !isAllowed(imported, layer))
      .map(
        ({ target, typeOnly }) => `${module.path} must not import ${target}${typeOnly ? ', not even its types' : ''}.`,
      );
  });
}

function isAllowed({ target, typeOnly }: Import, layer: Layer | undefined): boolean {
  if (layer === undefined) return target.startsWith('src/') || target === 'package.json';
  return (
    [layer.folder, ...layer.mayImport].some((folder) => target.startsWith(folder)) ||
    (typeOnly && layer.mayImportTypes.some((folder) => target.startsWith(folder)))
  );
}

function checkRooms(modules: readonly Module[]): readonly string[] {
  const rooms = Map.groupBy(
    modules.filter(({ path }) => path.startsWith('src/')),
    ({ path }) => path.slice(0, path.lastIndexOf('/')),
  );
  return [...rooms]
    .filter(([room, files]) => files.length > mostFilesInARoom && !largeRooms.has(room))
    .map(([room, files]) => `${room} has ${files.length} files beside each other.`);
}

function checkPurity(modules: readonly Module[]): readonly string[] {
  return modules
    .filter(({ path }) => path.startsWith('src/issuing/'))
    .flatMap(({ path, code, imports }) => [
      ...imports
        .filter(isImpure)
        .map(({ target, names }) => `${path} must not import ${names.join(', ')} of ${target}.`),
      ...[...impureCode, ...(path === mayLoad ? [] : [loading])]
        .filter((pattern) => pattern.test(code))
        .map((pattern) => `${path} must not use ${pattern.source}.`),
    ]);
}

function checkTime(modules: readonly Module[]): readonly string[] {
  return modules
    .filter(({ path }) => path.startsWith('src/') && !path.startsWith(timeFolder) && !alsoReadTime.includes(path))
    .flatMap(({ path, code, imports }) => [
      ...imports
        .filter(({ target }) => timeImports.includes(target))
        .map(({ target }) => `${path} must take time from a Clock, not from ${target}.`),
      ...Object.entries(timeCode)
        .filter(([, pattern]) => pattern.test(code))
        .map(([name]) => `${path} must take time from a Clock, not from ${name}.`),
    ]);
}

function isImpure({ target, names }: Import): boolean {
  const packages = [...impureImports, ...impurePackages];
  return (
    packages.some((name) => target === name || target.startsWith(`${name}/`)) ||
    (target === 'node:crypto' && names.some((name) => impureNames.test(name)))
  );
}

function checkOneImporter(name: string, modules: readonly Module[]): readonly string[] {
  const importers = modules
    .filter(({ imports }) => imports.some(({ target }) => target === name))
    .map(({ path }) => path);
  return importers.length > 1 ? [`${name} is imported in ${importers.join(', ')}.`] : [];
}

/** Groups of modules that import each other in a circle, types included, each as the sorted list of their paths. */
export function findCycles(modules: readonly Module[]): readonly string[] {
  const targets = new Map(modules.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const reachable = new Map(modules.map(({ path }) => [path, reachableFrom(path, targets)]));
  const groups = modules
    .filter(({ path }) => reachable.get(path)?.has(path))
    .map(({ path }) =>
      modules
        .map((other) => other.path)
        .filter((other) => reachable.get(path)?.has(other) === true && reachable.get(other)?.has(path) === true)
        .toSorted()
        .join(', '),
    );
  return [...new Set(groups)];
}

function reachableFrom(start: string, targets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...(targets.get(start) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!reached.has(next)) {
      reached.add(next);
      waiting.push(...(targets.get(next) ?? []));
    }
  }
  return reached;
}
