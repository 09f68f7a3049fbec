// The chart's values.yaml and the table of its README, read from values.schema.json, where descriptions and defaults are.
// What an issuer of the values may hold comes from the CRDs' schema, which flags there are from the operator's settings, and the
// thresholds from the alerts; all of it is written into values.schema.json.
import { stringify } from 'yaml';

import { issuerSpecSchema } from '../../src/crds/issuer-schema/spec.ts';
import { alertValues } from '../alerts/template.ts';
import type { Schema } from '../../src/crds/schema.ts';
import { settings } from '../../src/runtime/options.ts';
import { markdownTable } from './generated-section.ts';
import { wrap } from './wrapped-text.ts';

interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

const lineWidth = 118;

/** values.schema.json with what follows from other files as it is now; all else stays as it was written. */
export function renderValuesSchema(schemaJson: string): string {
  const schema = JSON.parse(schemaJson) as ValuesSchema;
  const { definitions, properties } = schema;
  const { metrics } = properties;
  const { prometheusRule } = metrics.properties;
  const operatorFlag = { type: 'string', pattern: `^--(${Object.keys(settings).join('|')})(=|$)` };
  const rendered = {
    ...schema,
    properties: {
      ...properties,
      metrics: {
        ...metrics,
        properties: {
          ...metrics.properties,
          prometheusRule: { ...prometheusRule, properties: { ...prometheusRule.properties, ...alertValues() } },
        },
      },
    },
    definitions: { ...definitions, issuerSpec: closedSchema(issuerSpecSchema), operatorFlag },
  };
  return `${JSON.stringify(rendered, null, 2)}\n`;
}

interface Parent<Children> {
  readonly properties: Children;
}

type ValuesSchema = Parent<
  Readonly<Record<string, object>> & {
    readonly metrics: Parent<
      Readonly<Record<string, object>> & { readonly prometheusRule: Parent<Readonly<Record<string, object>>> }
    >;
  }
> & { readonly definitions: Readonly<Record<string, object>> };

// Helm neither fills in defaults nor evaluates CEL; both is the API server's part.
function closedSchema(schema: Schema): object {
  const { type, description } = schema;
  const limits = ['enum', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'required'];
  const kept = Object.entries(schema).filter(([name]) => limits.includes(name));
  const own = { type, description, ...Object.fromEntries(kept) };
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries(schema.properties).map(([name, child]) => [name, closedSchema(child)]);
      return { ...own, additionalProperties: false, properties: Object.fromEntries(fields) as object };
    }
    case 'array':
      return { ...own, items: closedSchema(schema.items) };
    case 'string':
    case 'integer':
    case 'boolean':
      return own;
  }
}

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
