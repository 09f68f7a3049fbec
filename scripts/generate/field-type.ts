// The type of a field in words, with its bounds.
import type { IntegerSchema, Schema, StringSchema } from '../../src/crds/schema.ts';

/** What a field may hold, such as "string, at most 260 characters" or "`HTTPS` or `HTTP`". */
export function typeOf(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return stringType(schema);
    case 'integer':
      return integerType(schema);
    case 'array':
      return `list of ${range(schema.minItems, schema.maxItems)} ${itemType(schema.items)}`;
    case 'boolean':
    case 'object':
      return schema.type;
  }
}

function stringType({ enum: values, format, minLength, maxLength }: StringSchema): string {
  if (values !== undefined) return alternatives(values);
  if (format !== undefined) return format;
  return maxLength === undefined ? 'string' : `string, ${range(minLength, maxLength)} characters`;
}

function integerType({ minimum, maximum }: IntegerSchema): string {
  if (maximum !== undefined) return `integer, ${range(minimum, maximum)}`;
  return minimum === undefined ? 'integer' : `integer, at least ${String(minimum)}`;
}

function itemType(items: Schema): string {
  if (items.type === 'object') return 'objects';
  if (items.type !== 'string' || items.enum !== undefined || items.maxLength === undefined)
    return `of ${typeOf(items)}`;
  return `strings of ${range(items.minLength, items.maxLength)} characters`;
}

function range(least: number | undefined, most: number): string {
  return least === undefined ? `at most ${String(most)}` : `${String(least)} to ${String(most)}`;
}

function alternatives(values: readonly string[]): string {
  const names = values.map((value) => `\`${value}\``);
  return names.length === 1 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
