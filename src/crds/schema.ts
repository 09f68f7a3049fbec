// The part of Kubernetes' structural-schema vocabulary that our CRDs use, and the TypeScript type of what it describes.
// A schema is written once, `as const satisfies Schema`; the CRD's YAML and the types of the code both follow from it.

/** A CEL rule with the message that a user reads when it does not hold. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

interface Described {
  readonly description: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** Text: bounded by `maxLength`, by `enum` or by `format`. */
export interface StringSchema extends Described {
  readonly type: 'string';
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly format?: 'date-time';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** A whole number. */
export interface IntegerSchema extends Described {
  readonly type: 'integer';
  readonly default?: number;
  readonly format?: 'int32' | 'int64';
  readonly minimum?: number;
  readonly maximum?: number;
}

/** True or false. */
export interface BooleanSchema extends Described {
  readonly type: 'boolean';
  readonly default?: boolean;
}

/** A list; how server-side apply merges it is part of the schema. */
export interface ArraySchema extends Described {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems: number;
  readonly 'x-kubernetes-list-type': 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** An object with fixed fields. A field's default applies only where the object itself exists: see `default: {}`. */
export interface ObjectSchema extends Described {
  readonly type: 'object';
  readonly default?: Readonly<Record<string, number | readonly never[]>>;
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** Any schema of the vocabulary. */
export type Schema = StringSchema | IntegerSchema | BooleanSchema | ArraySchema | ObjectSchema;

type PresentKeys<S extends ObjectSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { readonly default: unknown }
    ? K
    : K extends RequiredNames<S>
      ? K
      : never;
}[keyof S['properties']];

type RequiredNames<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never;

type ObjectOf<S extends ObjectSchema> = {
  readonly [K in PresentKeys<S>]: TypeOf<S['properties'][K]>;
} & {
  readonly [K in Exclude<keyof S['properties'], PresentKeys<S>>]?: TypeOf<S['properties'][K]>;
};

type Flat<T> = { readonly [K in keyof T]: T[K] };

/**
 * The type of an object after the API server admitted it: a required or defaulted field is present, an enum is the union
 * of its values, every other field is optional.
 */
export type TypeOf<S> = S extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : S extends StringSchema
    ? string
    : S extends IntegerSchema
      ? number
      : S extends BooleanSchema
        ? boolean
        : S extends ArraySchema
          ? readonly TypeOf<S['items']>[]
          : S extends ObjectSchema
            ? Flat<ObjectOf<S>>
            : never;
