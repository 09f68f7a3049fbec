// Every generated file that needs no other program, as content by path relative to the repository. Nothing is written here.
import { renderValues, valuesTable } from './chart-values.ts';
import { renderCustomResourceDefinitions } from './custom-resource-definitions.ts';
import { replaceSection } from './generated-section.ts';
import { ruleTable, specTable, statusTable } from './reference-tables.ts';

const chart = 'helm/alibaba-pca-issuer';
const reference = 'docs/issuer-reference.md';

/** Renders the files; `read` returns the present content of a path relative to the repository. */
export function renderFiles(read: (path: string) => string): Readonly<Record<string, string>> {
  const valuesSchema = read(`${chart}/values.schema.json`);
  return {
    ...renderCustomResourceDefinitions(),
    [`${chart}/values.yaml`]: renderValues(valuesSchema),
    [`${chart}/README.md`]: replaceSection(read(`${chart}/README.md`), 'values', valuesTable(valuesSchema)),
    [reference]: [
      ['spec', specTable()] as const,
      ['rules', ruleTable()] as const,
      ['status', statusTable()] as const,
    ].reduce((page, [name, table]) => replaceSection(page, name, table), read(reference)),
  };
}
