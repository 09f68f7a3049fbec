// Every generated file that needs no other program, as content by path relative to the repository. Nothing is written here.
import {
  errorClassesTable,
  errorCodesTable,
  failureReasonsTable,
  issuerNewsTable,
  issuerReasonsTable,
  metricsTable,
  requestReasonsTable,
  settingsTable,
  troubleReasonsTable,
} from './catalogue-tables.ts';
import { renderValues, renderValuesSchema, valuesTable } from './chart-values.ts';
import { renderCustomResourceDefinitions } from './custom-resource-definitions.ts';
import { replaceSection } from './generated-section.ts';
import { capabilitiesTable, guaranteesTable, harmlessTable, parametersTable } from './operation-tables.ts';
import { specFields, statusFields } from './reference-fields.ts';
import { scriptsTable } from './scripts-table.ts';
import { capacityExample, capacityHelpText, fleetsTable } from './sizing.ts';

const chart = 'helm/alibaba-pca-issuer';

/** Generated sections of hand-written pages: content by name of the section. */
const pages: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'CONTRIBUTING.md': { 'npm-scripts': scriptsTable },
  'docs/issuer-reference.md': { spec: specFields, status: statusFields },
  'docs/operations.md': {
    capabilities: capabilitiesTable,
    harmless: harmlessTable,
    guarantees: guaranteesTable,
    parameters: parametersTable,
  },
  'docs/mesh/sizing.md': {
    'capacity-example': capacityExample,
    fleets: fleetsTable,
    'capacity-help': capacityHelpText,
  },
  'docs/configuration.md': { settings: settingsTable },
  'docs/metrics.md': { metrics: metricsTable },
  'docs/conditions-and-errors.md': {
    'request-reasons': requestReasonsTable,
    'trouble-reasons': troubleReasonsTable,
    'failure-reasons': failureReasonsTable,
    'issuer-reasons': issuerReasonsTable,
    'issuer-news': issuerNewsTable,
    'error-classes': errorClassesTable,
    'error-codes': errorCodesTable,
  },
};

/** Renders the files; `read` returns the present content of a path relative to the repository. */
export function renderFiles(read: (path: string) => string): Readonly<Record<string, string>> {
  const valuesSchema = read(`${chart}/values.schema.json`);
  return {
    ...renderCustomResourceDefinitions(),
    [`${chart}/values.schema.json`]: renderValuesSchema(valuesSchema),
    [`${chart}/values.yaml`]: renderValues(valuesSchema),
    [`${chart}/README.md`]: replaceSection(read(`${chart}/README.md`), 'values', valuesTable(valuesSchema)),
    ...Object.fromEntries(Object.entries(pages).map(([path, tables]) => [path, renderPage(read(path), tables)])),
  };
}

function renderPage(page: string, tables: Readonly<Record<string, () => string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => replaceSection(text, name, table()), page);
}
