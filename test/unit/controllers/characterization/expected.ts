// The words in which rows say what is expected: whole results, put together from what an end or a wait consists of.
import { inOrder } from './recording.ts';
import { issuerPath, requestPath, signingRequestPath } from './material.ts';
import type { Seen, SeenEvent } from './scene.ts';
import * as texts from './texts.ts';

type Part = Partial<Seen>;

export const done = { kind: 'done' } as const;
export const after = (milliseconds: number): object => ({ kind: 'after', milliseconds });
export const retry = (reason: string, more: object = {}): object => ({ kind: 'retry', reason, ...more });

const issuerLabels = 'AlibabaPCAIssuer shop pca';
export const issuerName = 'AlibabaPCAIssuer/shop/pca';
const type = 'Ready';

/** The whole result made of parts: lists are joined, counters added, of the rest the last counts. */
export function seen(...parts: readonly Part[]): Seen {
  const all = <Key extends 'writes' | 'events' | 'logs' | 'next' | 'calls' | 'revoked' | 'woken'>(key: Key) =>
    parts.flatMap((part) => part[key] ?? []) as unknown as Seen[Key];
  const counters: Record<string, number> = {};
  for (const [name, by] of parts.flatMap((part) => Object.entries(part.counters ?? {})))
    counters[name] = (counters[name] ?? 0) + by;

  const fault = parts.findLast((part) => 'fault' in part)?.fault;
  return {
    writes: all('writes'),
    events: inOrder(all('events')),
    logs: inOrder(all('logs')),
    counters,
    next: all('next'),
    calls: all('calls'),
    revoked: all('revoked'),
    woken: all('woken'),
    remembered: parts.findLast((part) => part.remembered !== undefined)?.remembered ?? forgotten,
    issuer: parts.findLast((part) => part.issuer !== undefined)?.issuer ?? 'ready',
    ...(fault === undefined ? {} : { fault }),
  } as Seen;
}

const forgotten: Seen['remembered'] = { known: false, earlier: 'none', decided: undefined, calls: 0 };

/** What is remembered of a request that is not finished. */
export function remembers(changes: Partial<Seen['remembered']> = {}): Part {
  return { remembered: { ...forgotten, known: true, ...changes } };
}

/** A request: where it is, its kind and its key. */
export interface Subject {
  readonly path: string;
  readonly kind: string;
  readonly key: string;
}

export const webRequest = (name = 'web-1'): Subject => ({
  path: requestPath(name),
  kind: 'CertificateRequest',
  key: `shop/${name}`,
});
export const signingRequestSubject: Subject = {
  path: signingRequestPath,
  kind: 'CertificateSigningRequest',
  key: 'csr-1',
};

export function event(
  kind: SeenEvent['type'],
  reason: string,
  note: string,
  subject: Pick<Subject, 'kind' | 'key'> = webRequest(),
): Part {
  return { events: [{ type: kind, reason, note, regarding: `${subject.kind} ${subject.key}` }] };
}

export function log(level: string, message: string, fields: Readonly<Record<string, unknown>>): Part {
  return { logs: [{ level, message, fields }] };
}

/** A certificate request of the issuer that was counted under `result`. */
export function counted(result: string): Part {
  return { counters: { [`pca_issuer_certificate_requests_total ${issuerLabels} ${result}`]: 1 } };
}

function countedRetry(reason: string, times: number): Part {
  return { counters: { [`pca_issuer_certificate_request_retries_total ${issuerLabels} ${reason}`]: times } };
}

export function countedHeld(reason: string): Part {
  return { counters: { [`pca_issuer_certificate_requests_held_total ${issuerLabels} ${reason}`]: 1 } };
}

export const countedWithoutRequest: Part = {
  counters: { [`pca_issuer_certificates_without_request_total ${issuerLabels}`]: 1 },
};

export const countedOtherOperator: Part = {
  counters: { [`pca_issuer_other_operator_total ${issuerLabels}`]: 1 },
};

export function pendingWrite(message: string, name?: string): Part {
  const conditions = [{ type, status: 'False', reason: 'Pending', message }];
  return { writes: [{ path: requestPath(name), status: { conditions } }] };
}

/** A wait that is told anew: written, with an event. */
export function waits(reason: string, message: string, next: object = done, kind: SeenEvent['type'] = 'Warning'): Part {
  return seen2(pendingWrite(message), event(kind, reason, message), { next: [next] }, remembers());
}

/** Passing trouble in the log and the counter, which are told each time; `written` for the first time. */
export function troubledAgain(reason: string, message: string, subject: Subject = webRequest(), times = 1): Part {
  const fields = { request: subject.key, issuer: issuerName, reason };
  const logs = Array.from({ length: times }, () => ({ level: 'warn', message: texts.notIssuedYet(message), fields }));
  return seen2({ logs, next: logs.map(() => retry(reason)) }, countedRetry(reason, times), remembers());
}

/** The try was given up: it is tried again, and nothing is told of it. */
export function givenUp(): Part {
  return seen2({ next: [retry('the try was given up')] }, remembers());
}

/** The same where an answer was lost: it is looked for soon, whatever came before. */
export function lost(part: Part): Part {
  return { ...part, next: (part.next ?? []).map(() => after(3_000)) };
}

/** Passing trouble that is new. */
export function troubled(reason: string, message: string, life = ''): Part {
  const text = `${texts.trouble(message)}${life}`;
  return seen2(pendingWrite(text), event('Warning', 'RetryableError', text), troubledAgain(reason, message));
}

/** Passing trouble for longer than the issuer's patience. */
export function impatient(reason: string, message: string, text: string): Part {
  return seen2(pendingWrite(text), event('Warning', 'PatienceExceeded', text), troubledAgain(reason, message));
}

export function failedWrite(message: string, failureTime: string): Part {
  return {
    writes: [
      {
        path: requestPath(),
        status: { conditions: [{ type, status: 'False', reason: 'Failed', message }], failureTime },
      },
    ],
  };
}

/** A failure for good, of a request that Certificate shop/web stands behind. */
export function failed(said: string, failureTime = '2026-11-22T00:16:40Z'): Part {
  const message = `${said}${texts.renewalAdvice}`;
  return seen2(failedWrite(message, failureTime), told('Failed', message, webRequest()), { next: [done] });
}

export function issuedWrite(message: string, certificate = 'leaf+issuing CA', subject: Subject = webRequest()): Part {
  const conditions = [{ type, status: 'True', reason: 'Issued', message }];
  return { writes: [{ path: subject.path, status: { conditions, certificate, ca: 'root' } }] };
}

/** Event, log line and counter of an end. */
export function told(reason: 'Issued' | 'Failed', message: string, subject: Subject): Part {
  const isIssued = reason === 'Issued';
  const { operation, identifier } =
    / with (?<operation>\w+): .* PCA identifier (?<identifier>[^ .]+)/.exec(message)?.groups ?? {};
  const more = isIssued ? { operation, identifier } : {};
  return seen2(
    event(isIssued ? 'Normal' : 'Warning', reason, message, subject),
    log(isIssued ? 'info' : 'warn', message, { request: subject.key, issuer: issuerName, ...more }),
    counted(isIssued ? 'issued' : 'failed'),
  );
}

/** The certificate was issued and written. */
export function issued(message: string, subject: Subject = webRequest()): Part {
  return seen2(issuedWrite(message, undefined, subject), told('Issued', message, subject), { next: [done] });
}

/** The same with a certificate that was found. */
export function adopted(message: string): Part {
  const counters = { [`pca_issuer_certificates_adopted_total ${issuerLabels}`]: 1 };
  return seen2(issued(message), { counters });
}

/** A CertificateSigningRequest got its certificate. */
export function signed(message: string): Part {
  return seen2(
    { writes: [{ path: signingRequestPath, status: { certificate: 'leaf+issuing CA' } }], next: [done] },
    told('Issued', message, signingRequestSubject),
  );
}

/** A CertificateSigningRequest failed. */
export function unsigned(reason: string, message: string): Part {
  return seen2(
    {
      writes: [
        { path: signingRequestPath, status: { conditions: [{ type: 'Failed', status: 'True', reason, message }] } },
      ],
      next: [done],
    },
    told('Failed', message, signingRequestSubject),
  );
}

/** The issuer's account of instances. */
export function promised(...instances: readonly (readonly [instanceId: string, requestUID: string])[]): Part {
  const entries = instances.map(([instanceId, requestUID]) => ({
    instanceId,
    requestUID,
    ...(requestUID === '' ? {} : { request: 'shop/web-1' }),
  }));
  return { writes: [{ path: issuerPath, status: { externalCA: { instances: entries } } }] };
}

/** The issuer is held for a fault that issuing reported; its requests and its own check are woken. */
export function issuerHeld(reason: string, fault: string, ...woken: readonly string[]): Part {
  return { issuer: `notReady: ${reason}`, fault, woken: [...woken, issuerName] };
}

/** Parts as one, without what only a whole has. */
function seen2(...parts: readonly Part[]): Part {
  const whole = seen(...parts);
  const { remembered: _remembered, issuer: _issuer, ...rest } = whole;
  const remembered = parts.findLast((part) => part.remembered !== undefined)?.remembered;
  return { ...rest, ...(remembered === undefined ? {} : { remembered }) };
}
