// What hostile answers are made of: bytes as they are, bytes without end, bytes that come slowly, bodies of the right form
// whose fields hold something else.
import type { Answer, Exchange } from './endpoint.ts';

// More than the largest reply that is read, and little enough for a machine of tests.
const endlessBytes = 32 * 1024 * 1024;
const slowByteMs = 40;

/** The head of a reply. */
export function head(status: number, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ 'content-type': 'application/json', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${status} Status`, ...lines, '', ''].join('\r\n');
}

/** A whole reply. */
export function whole(status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(head(status, { ...headers, 'content-length': String(bytes.length) })), bytes]);
}

/** Writes these bytes and leaves the connection open. */
export function raw(bytes: string | Buffer): Answer {
  return ({ socket }) => void socket.write(bytes);
}

/** Writes these bytes, then closes the connection in order. */
export function closing(bytes: string | Buffer): Answer {
  return ({ socket }) => void socket.end(bytes);
}

/** Writes these bytes, then breaks the connection with a reset. */
export function breaking(bytes: string | Buffer): Answer {
  return ({ socket }) => {
    if (bytes.length === 0) socket.resetAndDestroy();
    else socket.write(bytes, () => socket.resetAndDestroy());
  };
}

/** A whole reply with a status and a body, which may depend on the call. */
export function body(
  make: string | Buffer | ((exchange: Exchange) => string | Promise<string>),
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return async (exchange) => {
    const made = typeof make === 'function' ? await make(exchange) : make;
    exchange.socket.write(whole(status, made, headers));
  };
}

/** The service's refusal with this text. */
export function refusal(message: string, status = 400): Answer {
  return body(JSON.stringify({ RequestId: 'A-1', Code: 'Odd', Message: message, HostId: 'h' }), status);
}

/** Writes `first`, then `again` for as long as anybody reads, up to a bound. */
export function endless(first: string, again: string | Buffer): Answer {
  return ({ socket }) => {
    let written = 0;
    const more = (): void => {
      for (let isTaken = true; isTaken && written < endlessBytes && !socket.destroyed; written += again.length)
        isTaken = socket.write(again);
    };
    socket.on('drain', more);
    socket.write(first);
    more();
  };
}

/** Writes `first` at once, the rest byte by byte. */
export function slow(first: string, rest: string): Answer {
  return ({ socket }) => {
    socket.write(first);
    let at = 0;
    const timer = setInterval(() => {
      if (at === rest.length || socket.destroyed) clearInterval(timer);
      else socket.write(rest.charAt(at));
      at += 1;
    }, slowByteMs);
  };
}

/** Answers in turn, so that one kind of harm may come in several forms. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let at = 0;
  return (exchange) => {
    const answer = answers[at % answers.length];
    at += 1;
    return answer?.(exchange);
  };
}

/** Creating breaks off without an answer, so that the certificate is looked for; look-ups are answered with `lookUp`. */
export function whenLookedFor(lookUp: Answer): Answer {
  const breakOff = breaking('');
  return (exchange) => (exchange.action.startsWith('Create') ? breakOff(exchange) : lookUp(exchange));
}

const describedFields = [
  'Identifier',
  'Status',
  'CertificateType',
  'Algorithm',
  'IssuerType',
  'SubjectDN',
  'BeforeDate',
  'AfterDate',
  'CertMaxTime',
  'CertRemainingCount',
  'X509Certificate',
  'CaCertChain',
];
const issuedFields = ['RequestId', 'Identifier', 'Certificate', 'CertificateChain', 'SerialNumber'];
const itemFields = ['Identifier', 'CustomIdentifier', 'BeforeTime'];

/** A body in the form of the action's, whose fields all hold this JSON text. */
export function filled(action: string, json: string): string {
  const object = (names: readonly string[]): string => `{${names.map((name) => `"${name}":${json}`).join(',')}}`;
  if (action.startsWith('Describe')) return `{"RequestId":"A-1","Certificate":${object(describedFields)}}`;
  if (action.startsWith('List')) return `{"RequestId":"A-1","TotalCount":${json},"List":[${object(itemFields)}]}`;
  return object(issuedFields);
}

/** The CA's description, or a certificate, in which these PEM texts stand for the certificates. */
export async function withCertificates(
  exchange: Exchange,
  certificate: string,
  chain: string | readonly string[],
): Promise<string> {
  if (exchange.action.startsWith('Create')) {
    const issued = { Identifier: 'i-1', Certificate: certificate, CertificateChain: chain, SerialNumber: '1' };
    return JSON.stringify({ RequestId: 'A-1', ...issued });
  }
  const answer = JSON.parse(await exchange.genuine()) as { readonly Certificate?: object };
  const described = { ...answer.Certificate, X509Certificate: certificate, CaCertChain: chain };
  return JSON.stringify(exchange.action.startsWith('Describe') ? { ...answer, Certificate: described } : answer);
}
