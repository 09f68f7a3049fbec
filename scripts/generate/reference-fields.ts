// The fields in docs/issuer-reference.md, read from the schema: a heading for each block, an entry for each field.
import { issuerSpecSchema } from '../../src/crds/issuer-schema/spec.ts';
import { issuerStatusSchema } from '../../src/crds/issuer-schema/status.ts';
import type { ObjectSchema, Schema } from '../../src/crds/schema.ts';
import { typeOf } from './field-type.ts';
import { wrap } from './wrapped-text.ts';

const lineWidth = 120;
const pageLevel = 2;

/** Every field of the spec: what it holds, its default, what it means, and what a value against its rules is refused with. */
export function specFields(): string {
  return fieldReference(issuerSpecSchema, '.spec');
}

/** Every field of the status, in the same form. */
export function statusFields(): string {
  return fieldReference(issuerStatusSchema, '.status');
}

/** The fields of an object: its own as a list, then a heading for each object in it. `path` is such as `.spec`. */
export function fieldReference(root: ObjectSchema, path: string): string {
  return section({ schema: root, path, required: false, level: pageLevel }, new Map()).join('\n').trim();
}

/** The path at which the fields of an object were listed, by those fields as text. */
type Seen = Map<string, string>;

interface Field {
  readonly schema: Schema;
  readonly path: string;
  readonly required: boolean;
}

// Blank lines stand before what they set apart.
function section({ level, ...field }: Field & { readonly level: number }, seen: Seen): readonly string[] {
  const { schema, path, required } = field;
  const fields = fieldsIn(field, seen);
  const apart = (child: Field): boolean =>
    level === pageLevel
      ? isBlock(child.schema)
      : fields.length > 1 && fields.every((each) => each.schema.type === 'object');
  const [listed, blocks] = [fields.filter((child) => !apart(child)), fields.filter(apart)];
  const type = schema.type === 'array' ? [`A ${typeOf(schema)}.`] : [];
  const words = [schema.description, ...type, ...(required ? ['Required.'] : [])];
  return [
    ...(level === pageLevel ? [] : ['', `${'#'.repeat(level)} ${path}`]),
    '',
    ...wrap(words.join(' '), lineWidth),
    ...objections(schema).flatMap((text) => ['', ...wrap(text, lineWidth)]),
    ...(listed.length === 0 ? [] : ['']),
    ...listed.flatMap((child) => entry(child, '', seen)),
    ...blocks.flatMap((child) => section({ ...child, level: level + 1 }, seen)),
  ];
}

function entry(field: Field, indent: string, seen: Seen): readonly string[] {
  const { schema, path } = field;
  const known = listedBefore(field, seen);
  const children = known === undefined ? fieldsIn(field, seen) : [];
  const name = path.slice(path.lastIndexOf('.') + 1).replace('[]', '');
  const facts = [typeOf(schema), ...presence(field)].join('; ');
  const words = [`\`${name}\` (${facts}):`, schema.description, ...objections(schema)];
  const [first = '', ...rest] = wrap(
    [...words, ...(known === undefined ? [] : [`Its fields are those of \`${known}\`.`])].join(' '),
    lineWidth - indent.length - 2,
  );
  return [
    `${indent}- ${first}`,
    ...rest.map((line) => `${indent}  ${line}`),
    ...children.flatMap((child) => entry(child, `${indent}  `, seen)),
  ];
}

function fieldsIn(field: Field, seen: Seen): readonly Field[] {
  const object = objectIn(field.schema);
  if (object === undefined) return [];
  seen.set(JSON.stringify(object.properties), field.path);
  return Object.entries(object.properties).map(([name, schema]) => ({
    schema,
    path: `${field.path}.${name}${isBlock(schema) && schema.type === 'array' ? '[]' : ''}`,
    required: object.required?.includes(name) ?? false,
  }));
}

function listedBefore({ schema }: Field, seen: Seen): string | undefined {
  return seen.get(JSON.stringify(objectIn(schema)?.properties));
}

function isBlock(schema: Schema): boolean {
  return objectIn(schema) !== undefined;
}

function objectIn(schema: Schema): ObjectSchema | undefined {
  const inner = schema.type === 'array' ? schema.items : schema;
  return inner.type === 'object' ? inner : undefined;
}

function objections(schema: Schema): readonly string[] {
  const rules = [schema, ...(schema.type === 'array' ? [schema.items] : [])].flatMap(
    (each) => each['x-kubernetes-validations'] ?? [],
  );
  return rules.length === 0 ? [] : [`Refused with: ${rules.map(({ message }) => `"${message}"`).join(', ')}.`];
}

function presence({ schema, required }: Field): readonly string[] {
  if (schema.type !== 'object' && 'default' in schema) return [`default \`${String(schema.default)}\``];
  return required ? ['required'] : [];
}
