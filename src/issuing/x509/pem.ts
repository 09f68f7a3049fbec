// PEM: strict for what users send, forgiving for what PCA answers.

/** The DER of one block. */
export type PemResult =
  { readonly kind: 'ok'; readonly der: Buffer } | { readonly kind: 'malformed'; readonly message: string };

const blocks = /-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/** Reads a text that holds exactly one block, with one of these labels. */
export function readOnlyPem(text: string, labels: readonly string[]): PemResult {
  const found = [...text.matchAll(blocks)];
  const [only] = found;
  if (only === undefined) return malformed(`it holds no PEM block "${labels[0] ?? ''}"`);
  const begins = text.split('-----BEGIN ').length - 1;
  if (begins > 1) return malformed('it holds more than one PEM block');
  const [, label = '', body = ''] = only;
  if (!labels.includes(label)) return malformed(`its PEM block is a "${label}", not a "${labels[0] ?? ''}"`);
  const der = decodeBase64(body);
  return der === undefined ? malformed('its PEM block is not valid base64') : { kind: 'ok', der };
}

/**
 * The DER of every certificate in a text as PCA writes it: literal `\n`, CRLF, blanks, text around the blocks and a
 * missing newline at the end are all accepted. undefined when a block is damaged.
 */
export function readCertificatePems(text: string): readonly Buffer[] | undefined {
  const plain = text.replaceAll(/(?<!\\)\\+r/g, '').replaceAll(/(?<!\\)\\+n/g, '\n');
  const found = [...plain.matchAll(blocks)];
  if (found.length !== plain.split('-----BEGIN ').length - 1) return undefined;
  const ders: Buffer[] = [];
  for (const [, label, body = ''] of found) {
    if (label !== 'CERTIFICATE') continue;
    const der = decodeBase64(body);
    if (der === undefined) return undefined;
    ders.push(der);
  }
  return ders;
}

/** Writes PEM: 64 characters a line, LF, a newline at the end. */
export function encodePem(der: Buffer, label: string): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Decodes base64 and refuses what Node's decoder would skip over; white space is allowed. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replaceAll(/\s+/g, '');
  if (compact === '' || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  return Buffer.from(compact, 'base64');
}

function malformed(message: string): PemResult {
  return { kind: 'malformed', message };
}
