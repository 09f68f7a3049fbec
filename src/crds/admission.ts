// What the API server does to an object by its structural schema: it fills in defaults and checks types and bounds.
// CEL rules are not evaluated; only an API server can do that.
import type { ArraySchema, IntegerSchema, ObjectSchema, Schema, StringSchema, TypeOf } from './schema.ts';

/**
 * An object as it would be stored, or what is wrong with it: one sentence per field, beginning with its path.
 * `unknown` are the paths of fields that the schema does not have and that `value` has lost.
 */
export type Admission<T> =
  | { readonly kind: 'admitted'; readonly value: T; readonly unknown: readonly string[] }
  | { readonly kind: 'rejected'; readonly faults: readonly string[] };

interface Findings {
  readonly faults: string[];
  readonly unknown: string[];
}

/** Admits a value by its schema; `path` is the value's own, such as `spec`. */
export function admit<const S extends Schema>(schema: S, value: unknown, path: string): Admission<TypeOf<S>> {
  const findings: Findings = { faults: [], unknown: [] };
  const admitted = admitValue(schema, value, path, findings);
  return findings.faults.length > 0
    ? { kind: 'rejected', faults: findings.faults }
    : { kind: 'admitted', value: admitted as TypeOf<S>, unknown: findings.unknown };
}

function admitValue(schema: Schema, value: unknown, path: string, findings: Findings): unknown {
  const expected = expectation(schema, value);
  if (expected !== undefined) {
    findings.faults.push(`${path} must be ${expected}, but is ${kindOf(value)}.`);
    return undefined;
  }
  switch (schema.type) {
    case 'string':
      complain(path, textFault(schema, value as string), findings);
      return value;
    case 'integer':
      complain(path, numberFault(schema, value as number), findings);
      return value;
    case 'boolean':
      return value;
    case 'array':
      return admitItems(schema, value as readonly unknown[], path, findings);
    case 'object':
      return admitFields(schema, value as Readonly<Record<string, unknown>>, path, findings);
  }
}

/** The type that the value should have; undefined where it has it. */
function expectation({ type }: Schema, value: unknown): string | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? undefined : 'a string';
    case 'integer':
      return Number.isSafeInteger(value) ? undefined : 'a whole number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'array':
      return Array.isArray(value) ? undefined : 'a list';
    case 'object':
      return kindOf(value) === 'an object' ? undefined : 'an object';
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    ? 'an object'
    : 'of another type';
}

function admitFields(
  schema: ObjectSchema,
  value: Readonly<Record<string, unknown>>,
  path: string,
  findings: Findings,
): Readonly<Record<string, unknown>> {
  const known = schema.properties;
  for (const name of Object.keys(value)) if (!Object.hasOwn(known, name)) findings.unknown.push(`${path}.${name}`);
  const fields: [string, unknown][] = [];
  for (const [name, child] of Object.entries(known)) {
    // The API server drops a null where the schema does not allow it, before it fills in defaults.
    const given = Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined;
    const present = given ?? ('default' in child ? child.default : undefined);
    if (present !== undefined) fields.push([name, admitValue(child, present, `${path}.${name}`, findings)]);
    else if (schema.required?.includes(name) === true) findings.faults.push(`${path}.${name} is required.`);
  }
  return Object.fromEntries(fields);
}

function admitItems(
  schema: ArraySchema,
  items: readonly unknown[],
  path: string,
  findings: Findings,
): readonly unknown[] {
  const { minItems = 0, maxItems } = schema;
  complain(path, lengthFault(items.length, { minimum: minItems, maximum: maxItems, unit: 'items' }), findings);
  const admitted = items.map((item, index) => admitValue(schema.items, item, `${path}[${index}]`, findings));
  const keys = admitted.map((item) => listKey(schema, item));
  keys.forEach((key, index) => {
    if (key !== undefined && keys.indexOf(key) < index)
      findings.faults.push(`${path}[${index}] repeats an earlier item; each may occur once.`);
  });
  return admitted;
}

/** The part by which the items of a list must differ; undefined where they may repeat. */
function listKey(schema: ArraySchema, item: unknown): string | undefined {
  if (item === undefined || schema['x-kubernetes-list-type'] === 'atomic') return undefined;
  if (schema['x-kubernetes-list-type'] === 'set') return JSON.stringify(item);
  const fields = item as Readonly<Record<string, unknown>>;
  return JSON.stringify((schema['x-kubernetes-list-map-keys'] ?? []).map((name) => fields[name] ?? null));
}

function textFault(schema: StringSchema, text: string): string | undefined {
  if (schema.enum !== undefined && !schema.enum.includes(text))
    return `must be one of ${schema.enum.join(', ')}, but is ${JSON.stringify(text.slice(0, 64))}.`;

  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(text))
    return `must match ${schema.pattern}.`;

  if (schema.format === 'date-time' && Number.isNaN(Date.parse(text)))
    return 'must be a time, such as 2027-01-31T09:30:00Z.';

  const { minLength = 0, maxLength = Infinity } = schema;
  return lengthFault(Array.from(text).length, { minimum: minLength, maximum: maxLength, unit: 'characters' });
}

function numberFault({ minimum = -Infinity, maximum = Infinity }: IntegerSchema, value: number): string | undefined {
  if (value < minimum) return `must be at least ${minimum}, but is ${value}.`;
  return value > maximum ? `must be at most ${maximum}, but is ${value}.` : undefined;
}

function lengthFault(
  length: number,
  { minimum, maximum, unit }: { readonly minimum: number; readonly maximum: number; readonly unit: string },
): string | undefined {
  if (length < minimum) return `must have at least ${minimum} ${unit}, but has ${length}.`;
  return length > maximum ? `must have at most ${maximum} ${unit}, but has ${length}.` : undefined;
}

function complain(path: string, fault: string | undefined, findings: Findings): void {
  if (fault !== undefined) findings.faults.push(`${path} ${fault}`);
}
