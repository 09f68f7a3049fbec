// The chart's values.yaml and the table of its README, read from values.schema.json, where descriptions and defaults are.
import { stringify } from 'yaml';

import { markdownTable } from './generated-section.ts';

interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

const lineWidth = 118;

/** values.yaml: every default with its description as a comment above it. */
export function renderValues(schemaJson: string): string {
  const { properties } = JSON.parse(schemaJson) as ValueSchema;
  const header = '# Generated from values.schema.json by `npm run generate`; edit descriptions and defaults there.\n';
  return `${header}${valueLines(properties ?? {}, '').join('\n')}\n`;
}

/** The README's table of values. */
export function valuesTable(schemaJson: string): string {
  const { properties } = JSON.parse(schemaJson) as ValueSchema;
  const rows = valueRows(properties ?? {}, '');
  return markdownTable(['Value', 'Default', 'Meaning'], rows);
}

function valueLines(properties: Readonly<Record<string, ValueSchema>>, indent: string): readonly string[] {
  return documented(properties).flatMap(([name, schema]) => {
    const comment = wrap(schema.description ?? '', lineWidth - indent.length).map((line) => `${indent}# ${line}`);
    const start = indent === '' ? [''] : [];
    return isGroup(schema)
      ? [...start, ...comment, `${indent}${name}:`, ...valueLines(schema.properties, `${indent}  `)]
      : [
          ...start,
          ...comment,
          ...indented(stringify({ [name]: schema.default }, { lineWidth: 0, singleQuote: true }), indent),
        ];
  });
}

function valueRows(properties: Readonly<Record<string, ValueSchema>>, prefix: string): readonly (readonly string[])[] {
  return documented(properties).flatMap(([name, schema]) =>
    isGroup(schema)
      ? valueRows(schema.properties, `${prefix}${name}.`)
      : [[`\`${prefix}${name}\``, `\`${JSON.stringify(schema.default)}\``, schema.description ?? '']],
  );
}

// `global` is Helm's own: it appears when the chart is a part of another one, and has no default.
function documented(properties: Readonly<Record<string, ValueSchema>>): readonly (readonly [string, ValueSchema])[] {
  return Object.entries(properties).filter(([, schema]) => isGroup(schema) || 'default' in schema);
}

function isGroup(
  schema: ValueSchema,
): schema is ValueSchema & { readonly properties: Readonly<Record<string, ValueSchema>> } {
  return schema.properties !== undefined && !('default' in schema);
}

function indented(yaml: string, indent: string): readonly string[] {
  return yaml
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}`);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${last} ${word}`;
    }
  }
  return lines;
}
