// Server-side apply and merge patches, as far as the operator's need: objects are merged, conditions by their type, anything else
// is replaced. Pure.

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object with the patch merged in. */
export function applied(object: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...object };
  for (const [name, value] of Object.entries(patch)) {
    const present = object[name];
    if (name === 'conditions' && Array.isArray(value)) merged[name] = withConditions(present, value as JsonObject[]);
    else if (isObject(value)) merged[name] = applied(isObject(present) ? present : {}, value);
    else merged[name] = value;
  }
  return merged;
}

/** In the order of an API server's lists, and with its order of members. */
function withConditions(present: unknown, changed: readonly JsonObject[]): readonly JsonObject[] {
  const all = new Map<unknown, JsonObject>();
  for (const condition of Array.isArray(present) ? (present as JsonObject[]) : [])
    all.set(condition['type'], condition);
  for (const condition of changed) all.set(condition['type'], sorted({ ...all.get(condition['type']), ...condition }));
  return [...all.values()];
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
