// Every generated file that needs no other program, as content by path relative to the repository. Nothing is written here.
import {
  aspectReasonsTable,
  errorClassesTable,
  errorCodesTable,
  failoverReasonsTable,
  failureReasonsTable,
  issuerNewsTable,
  issuerReasonsTable,
  logFieldsTable,
  metricsTable,
  requestReasonsTable,
  settingsTable,
  troubleReasonsTable,
} from './catalogue-tables.ts';
import { renderTemplate } from '../alerts/template.ts';
import { runbooks } from '../alerts/page.ts';
import { dashboardFile, renderDashboard } from '../dashboard/dashboard.ts';
import { renderBenchmarks } from '../bench/page/files.ts';
import { renderSoak } from '../soak/page.ts';
import { exitCodesTable, subcommandHelps } from './command-line.ts';
import { renderValues, renderValuesSchema, valuesTable } from './chart-values.ts';
import { renderCustomResourceDefinitions } from './custom-resource-definitions.ts';
import { replaceSection } from './generated-section.ts';
import { capabilitiesTable, guaranteesTable, harmlessTable, parametersTable } from './operation-tables.ts';
import { contradictionsTable, regionsTable, regionWords } from './region-tables.ts';
import { specFields, statusFields } from './reference-fields.ts';
import { meshResultsTable } from './mesh-results.ts';
import { scriptsTable } from './scripts-table.ts';
import { silencesTable } from './silences.ts';
import { testedVersionsTable } from './tested-versions.ts';
import { capacityExample, capacityHelpText, fleetsTable, loadTable } from './sizing.ts';

const chart = 'helm/alibaba-pca-issuer';

type Read = (path: string) => string;
type Sections = Readonly<Record<string, (read: Read) => string>>;

const istioManifests = manifests(
  'istio-ca',
  'istio-ra-issuer',
  'istio-ra-values',
  'istio-ra-ecc-issuer',
  'istio-ra-ecc-values',
);
const signersManifests = manifests('signers');

/** Generated sections of hand-written pages: content by name of the section. */
const pages: Readonly<Record<string, Sections>> = {
  'CONTRIBUTING.md': { 'npm-scripts': scriptsTable },
  'docs/alerts.md': { runbooks },
  'docs/compatibility.md': {
    'tested-versions': (read) => testedVersionsTable(read, { oldest: 'oldest tested', newest: 'newest tested' }),
  },
  'docs/zh/compatibility.md': {
    'tested-versions': (read) => testedVersionsTable(read, { oldest: '最旧的测试版本', newest: '最新的测试版本' }),
  },
  'docs/at-most-once.md': { silences: silencesTable },
  'docs/failover.md': { 'failover-reasons': failoverReasonsTable },
  'docs/issuer-reference.md': { spec: specFields, status: statusFields },
  'docs/operations.md': {
    capabilities: capabilitiesTable,
    harmless: harmlessTable,
    guarantees: guaranteesTable,
    parameters: parametersTable,
  },
  'docs/mesh/README.md': { results: (read) => meshResultsTable(read('docs/mesh/results.json')) },
  'docs/mesh/istio.md': istioManifests,
  'docs/mesh/signers.md': signersManifests,
  'docs/mesh/sizing.md': {
    'capacity-example': capacityExample,
    fleets: fleetsTable,
    load: (read) => loadTable(read('docs/mesh/istio-load.json')),
    'capacity-help': capacityHelpText,
  },
  'docs/command-line.md': { 'exit-codes': exitCodesTable, subcommands: subcommandHelps },
  'docs/configuration.md': { settings: settingsTable },
  'docs/networks.md': regionTables('English'),
  'docs/logs.md': { 'log-fields': logFieldsTable },
  'docs/metrics.md': { metrics: metricsTable },
  'docs/conditions-and-errors.md': {
    'request-reasons': requestReasonsTable,
    'trouble-reasons': troubleReasonsTable,
    'failure-reasons': failureReasonsTable,
    'issuer-reasons': issuerReasonsTable,
    'aspect-reasons': aspectReasonsTable,
    'issuer-news': issuerNewsTable,
    'error-classes': errorClassesTable,
    'error-codes': errorCodesTable,
  },
  // Of the Chinese pages only what programs print or read, and what has Chinese words.
  'docs/zh/mesh/istio.md': istioManifests,
  'docs/zh/mesh/signers.md': signersManifests,
  'docs/zh/mesh/sizing.md': { 'capacity-example': capacityExample },
  'docs/zh/networks.md': regionTables('Chinese'),
};

/** Renders the files; `read` returns the present content of a path relative to the repository. */
export function renderFiles(read: Read): Readonly<Record<string, string>> {
  const schema = renderValuesSchema(read(`${chart}/values.schema.json`));
  return {
    ...renderCustomResourceDefinitions(),
    ...renderBenchmarks(read),
    ...renderSoak(read),
    [`${chart}/values.schema.json`]: schema,
    [`${chart}/templates/prometheusrule.yaml`]: renderTemplate(),
    [`${chart}/${dashboardFile}`]: renderDashboard(),
    [`${chart}/values.yaml`]: renderValues(schema),
    [`${chart}/README.md`]: replaceSection(read(`${chart}/README.md`), 'values', valuesTable(schema)),
    ...Object.fromEntries(Object.entries(pages).map(([path, tables]) => [path, renderPage(path, tables, read)])),
  };
}

function renderPage(path: string, sections: Sections, read: Read): string {
  return Object.entries(sections).reduce(
    (text, [name, content]) => replaceSection(text, name, content(read)),
    read(path),
  );
}

/** Files of docs/mesh/manifests, which tests apply, as blocks of a page; sections have their names. */
function manifests(...names: readonly string[]): Sections {
  const block = (read: Read, name: string): string => `\`\`\`yaml\n${read(`docs/mesh/manifests/${name}.yaml`)}\`\`\``;
  return Object.fromEntries(names.map((name) => [name, (read: Read) => block(read, name)]));
}

function regionTables(language: keyof typeof regionWords): Sections {
  const words = regionWords[language];
  return { regions: () => regionsTable(words), contradictions: () => contradictionsTable(words) };
}
