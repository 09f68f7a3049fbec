// The field tables of docs/issuer-reference.md, read from the schema.
import { issuerSpecSchema } from '../../src/crds/issuer-spec-schema.ts';
import { issuerStatusSchema } from '../../src/crds/issuer-status-schema.ts';
import type { ObjectSchema, Schema } from '../../src/crds/schema.ts';
import { markdownTable } from './generated-section.ts';

/** Table of every field of the spec, with type, default and limits. */
export function specTable(): string {
  return fieldTable(issuerSpecSchema, 'spec');
}

/** Table of every field of the status. */
export function statusTable(): string {
  return fieldTable(issuerStatusSchema, 'status');
}

/** The sentences of all CEL rules, by the field they judge. */
export function ruleTable(): string {
  const rows = walk(issuerSpecSchema, 'spec').flatMap(({ path, schema }) =>
    (schema['x-kubernetes-validations'] ?? []).map(({ message }) => [`\`${path}\``, message]),
  );
  return markdownTable(['Field', 'Message when the rule does not hold'], rows);
}

interface Field {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

function fieldTable(root: ObjectSchema, name: string): string {
  const rows = walk(root, name)
    .slice(1)
    .map((field) => [`\`${field.path}\``, typeOf(field.schema), presence(field), field.schema.description]);
  return markdownTable(['Field', 'Type', 'Default', 'Meaning'], rows);
}

function walk(schema: Schema, path: string, required = true): readonly Field[] {
  const own = { path, schema, required };
  switch (schema.type) {
    case 'object':
      return [
        own,
        ...Object.entries(schema.properties).flatMap(([name, child]) =>
          walk(child, `${path}.${name}`, schema.required?.includes(name) ?? false),
        ),
      ];
    case 'array':
      return [own, ...walk(schema.items, `${path}[]`).slice(1)];
    case 'string':
    case 'integer':
    case 'boolean':
      return [own];
  }
}

function typeOf(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return schema.enum === undefined
        ? (schema.format ?? `string${schema.maxLength === undefined ? '' : ` (≤ ${String(schema.maxLength)})`}`)
        : schema.enum.map((value) => `\`${value}\``).join(', ');
    case 'array':
      return `list (≤ ${String(schema.maxItems)}) of ${schema.items.type === 'object' ? 'objects' : typeOf(schema.items)}`;
    case 'integer':
    case 'boolean':
    case 'object':
      return schema.type;
  }
}

function presence({ schema, required }: Field): string {
  if (schema.type === 'object' || !('default' in schema)) {
    return required ? 'required' : '';
  }
  return `\`${String(schema.default)}\``;
}
