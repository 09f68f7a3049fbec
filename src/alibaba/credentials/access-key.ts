// Reads an access key from the `data` of a Kubernetes Secret. Messages name keys, never values.

/** A RAM access key; with `securityToken` it is a temporary one from STS. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string | undefined;
}

/** Under which keys of the Secret the three parts lie; the security token's key may be absent from the Secret. */
export interface AccessKeyNames {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** The access key, or what is wrong with the Secret, as the end of a sentence. */
export type AccessKeyReading =
  { readonly kind: 'ok'; readonly accessKey: AccessKey } | { readonly kind: 'invalid'; readonly message: string };

const listedKeys = 10;
const listedKeyLength = 60;

/** The access key in a Secret's `data` (base64 values); one trailing newline of a value is dropped, as editors leave one. */
export function accessKeyFromSecret(data: Readonly<Record<string, string>>, keys: AccessKeyNames): AccessKeyReading {
  const missing = [keys.accessKeyId, keys.accessKeySecret].filter((key) => decoded(data, key) === undefined);
  if (missing.length > 0) {
    return invalid(
      `it has no value under ${quoted(missing)}; ${present(data)}; add what is missing or set credentials.secretRef.keys`,
    );
  }
  const accessKeyId = decoded(data, keys.accessKeyId) ?? '';
  const accessKeySecret = decoded(data, keys.accessKeySecret) ?? '';
  const securityToken = decoded(data, keys.securityToken);
  const unusable = [
    [keys.accessKeyId, accessKeyId] as const,
    [keys.accessKeySecret, accessKeySecret] as const,
    [keys.securityToken, securityToken ?? 'absent'] as const,
  ].flatMap(([key, value]) => (isHeaderSafe(value) ? [] : [key]));
  if (unusable.length > 0) {
    return invalid(
      `the value under ${quoted(unusable)} has blanks or other characters that no access key has; store it again`,
    );
  }
  return { kind: 'ok', accessKey: { accessKeyId, accessKeySecret, securityToken } };
}

function invalid(problem: string): AccessKeyReading {
  return { kind: 'invalid', message: `${problem}.` };
}

function decoded(data: Readonly<Record<string, string>>, key: string): string | undefined {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (value === undefined) return undefined;
  const text = Buffer.from(value, 'base64')
    .toString('utf8')
    .replace(/\r?\n$/, '');
  return text === '' ? undefined : text;
}

// The id and the token travel in HTTP headers: anything but visible ASCII would make the request itself fail.
function isHeaderSafe(value: string): boolean {
  return /^[\x21-\x7e]+$/.test(value);
}

function present(data: Readonly<Record<string, string>>): string {
  const names = Object.keys(data).sort();
  if (names.length === 0) return 'it has no keys at all';
  const rest = names.length > listedKeys ? ` and ${names.length - listedKeys} more` : '';
  return `the keys present are ${quoted(names.slice(0, listedKeys))}${rest}`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name.slice(0, listedKeyLength)}"`).join(', ');
}
