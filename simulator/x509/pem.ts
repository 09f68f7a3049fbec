// PEM to DER and back.
/** PEM text of one object, LF line ends, with a trailing newline. */
export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  let lines = '';
  for (let start = 0; start < base64.length; start += 64) lines += `${base64.slice(start, start + 64)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/** The DER of the only PEM object in `text`, when its label is one of `labels`; undefined for anything else. */
export function fromPem(text: string, labels: readonly string[]): Buffer | undefined {
  const match = /^-----BEGIN ([A-Z0-9 ]{1,64})-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n?-----END \1-----$/.exec(
    text.trim(),
  );
  const [, label, body] = match ?? [];
  if (label === undefined || body === undefined || !labels.includes(label)) return undefined;
  const base64 = body.replace(/[\r\n]/g, '');
  return base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
}
