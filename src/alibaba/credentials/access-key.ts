// Reads an access key from the `data` of a Kubernetes Secret. Who writes an issuer may name any key of any Secret that the
// operator can read, and what is taken for an id or a token is sent, so only what has the form of one is taken at all.
// Messages name keys that the issuer names, never others of the Secret and never values.

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

/** The access key, or what is wrong with the Secret: a sentence about it (`it has no value …`). */
export type AccessKeyReading =
  { readonly kind: 'ok'; readonly accessKey: AccessKey } | { readonly kind: 'invalid'; readonly message: string };

const longestName = 60;
// Alibaba Cloud, RAM, "AccessKey pair", and STS, "AssumeRole": LTAI… are a user's own, STS.… temporary ones.
const idForm = /^(?:LTAI|STS\.)[A-Za-z0-9]{0,124}$/;
const temporaryId = /^STS\./;
const tokenForm = /^[A-Za-z0-9+/=_-]+$/;
const visible = /^[\x21-\x7e]+$/;
const quotes = /^(["']).*\1$/;

/** The access key in a Secret's `data` (base64 values); one trailing newline of a value is dropped, as editors leave one. */
export function accessKeyFromSecret(data: Readonly<Record<string, string>>, keys: AccessKeyNames): AccessKeyReading {
  const accessKeyId = decoded(data, keys.accessKeyId);
  const accessKeySecret = decoded(data, keys.accessKeySecret);
  const securityToken = decoded(data, keys.securityToken);
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    const missing = [
      ...(accessKeyId === undefined ? [keys.accessKeyId] : []),
      ...(accessKeySecret === undefined ? [keys.accessKeySecret] : []),
    ];
    return invalid(
      `it has no value under ${quoted(missing)}; add what is missing, or name the right keys in secretRef.keys`,
    );
  }
  const accessKey = { accessKeyId, accessKeySecret, securityToken };
  const problem = malformed(accessKey, keys) ?? mistaken(accessKey, keys);
  return problem === undefined ? { kind: 'ok', accessKey } : invalid(problem);
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

/** Values that no part of an access key can be. */
function malformed(accessKey: AccessKey, keys: AccessKeyNames): string | undefined {
  const named = (Object.keys(keys) as (keyof AccessKeyNames)[]).flatMap((part) => {
    const value = accessKey[part];
    return value === undefined ? [] : [{ name: keys[part], value }];
  });
  const inQuotes = named.filter(({ value }) => quotes.test(value));
  if (inQuotes.length > 0)
    return `the value under ${quoted(inQuotes.map(({ name }) => name))} is in quotes, which belong to no access key; store it without them`;

  const unusable = named.filter(({ value }) => !visible.test(value));
  if (unusable.length === 0) return undefined;
  return `the value under ${quoted(unusable.map(({ name }) => name))} has blanks or other characters that no access key has; store it again`;
}

/** Values of another kind than their key says. */
function mistaken(
  { accessKeyId, accessKeySecret, securityToken }: AccessKey,
  keys: AccessKeyNames,
): string | undefined {
  const [id, secret, token] = [keys.accessKeyId, keys.accessKeySecret, keys.securityToken].map((name) =>
    quoted([name]),
  );
  if (!idForm.test(accessKeyId)) {
    if (idForm.test(accessKeySecret))
      return `AccessKey ID and secret are exchanged: the id is under ${secret}. Store it under ${id}, and the secret under ${secret}`;

    if (idForm.test(decodedTwice(accessKeyId)))
      return `the value under ${id} is encoded in base64 twice; store the plain value with kubectl create secret or in stringData`;

    return `the value under ${id} is no AccessKey ID: one begins with LTAI, or with STS. if it is temporary, and has letters and digits only`;
  }
  if (idForm.test(accessKeySecret))
    return `the value under ${secret} is an AccessKey ID, not the secret that belongs to one`;
  const isTemporary = temporaryId.test(accessKeyId);
  if (isTemporary && securityToken === undefined)
    return `the AccessKey ID is a temporary one, and the token that belongs to it is missing under ${token}; store that, too`;

  if (!isTemporary && securityToken !== undefined)
    return `there is a token under ${token}, but the AccessKey ID is no temporary one (STS.…), to which a token belongs; remove the token, or store the id that came with it`;

  if (securityToken === undefined || tokenForm.test(securityToken)) return undefined;
  return `the value under ${token} is no token of STS; store it again`;
}

function decodedTwice(value: string): string {
  return Buffer.from(value, 'base64')
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name.slice(0, longestName)}"`).join(', ');
}
