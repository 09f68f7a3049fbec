// From objects of the cluster and calls of the simulator to rows. Pure.
import { X509Certificate } from 'node:crypto';

import type { Call } from '../../../simulator/simulator.ts';
import { describeCommand } from './commands.ts';
import type { Cell, Row, Tone } from './state.ts';

/** The slice of an object that the page reads. */
export interface ShownObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly creationTimestamp: string;
  };
  readonly spec?: { readonly issuerRef?: { readonly group?: string } };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly ca?: { readonly subject?: string; readonly notAfter?: string; readonly certificatesRemaining?: number };
    /** Base64 of PEM in a CertificateRequest. */
    readonly certificate?: string;
    readonly notAfter?: string;
    readonly renewalTime?: string;
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const shownCalls = 40;

/** The row of an issuer. */
export function issuerRow(object: ShownObject): Row {
  const { ca } = object.status ?? {};
  return row(object, readyOf(object), [
    { text: ca?.certificatesRemaining === undefined ? '' : String(ca.certificatesRemaining) },
    dayCell(ca?.notAfter, ca?.subject),
  ]);
}

/** The row of a Certificate. */
export function certificateRow(object: ShownObject): Row {
  const { notAfter, renewalTime } = object.status ?? {};
  return row(object, readyOf(object), [dayCell(notAfter), dayCell(renewalTime)]);
}

/** The row of a CertificateRequest. */
export function requestRow(object: ShownObject): Row {
  const certificates = certificatesIn(object.status?.certificate);
  const [leaf] = certificates;
  return row(object, requestState(object), [
    { text: leaf?.serialNumber.toLowerCase() ?? '' },
    dayCell(leaf?.validToDate.toISOString()),
    certificates.length === 0
      ? { text: '' }
      : {
          text: String(certificates.length),
          title: certificates.map(({ subject }) => (subject || '(no subject)').replaceAll('\n', ', ')).join(' ← '),
        },
  ]);
}

/** The latest calls, newest first. */
export function callRows(calls: readonly Call[]): readonly Row[] {
  return calls
    .slice(-shownCalls)
    .toReversed()
    .map(({ time, action, outcome, milliseconds, requestId, parameters }) => ({
      key: requestId,
      tone: callTone(outcome, milliseconds),
      cells: [
        { text: time.slice(11, 23), title: time },
        { text: action },
        { text: milliseconds === undefined ? 'not answered yet' : (callResults[outcome] ?? outcome) },
        { text: milliseconds === undefined ? '' : `${milliseconds} ms` },
        { text: requestId },
        aboutCell(parameters),
      ],
    }));
}

const callResults: Readonly<Record<string, string>> = { ok: 'ok', cut: 'connection cut' };

function callTone(outcome: string, milliseconds: number | undefined): Tone {
  if (milliseconds === undefined) return 'waiting';
  return outcome === 'ok' ? 'good' : 'bad';
}

// What a certificate is found by goes before its CA.
const aboutParameters = ['customIdentifier', 'CustomIdentifier', 'Identifier', 'ParentIdentifier'];

function aboutCell(parameters: Readonly<Record<string, string>>): Cell {
  const told = Object.entries(parameters).filter(([name]) => name !== 'Csr');
  const about = aboutParameters.map((name) => parameters[name]).find((value) => value !== undefined);
  return { text: about ?? '', title: told.map(([name, value]) => `${name}=${value}`).join('\n') };
}

/** How an object stands. */
interface Standing {
  readonly tone: Tone;
  readonly state: string;
  readonly condition: Condition | undefined;
}

function readyOf({ status }: ShownObject): Standing {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition === undefined) return { tone: 'waiting', state: 'New', condition };
  return condition.status === 'True'
    ? { tone: 'good', state: 'Ready', condition }
    : { tone: 'waiting', state: 'Not ready', condition };
}

const requestStates: Readonly<Record<string, Pick<Standing, 'tone' | 'state'>>> = {
  Issued: { tone: 'good', state: 'Issued' },
  Pending: { tone: 'waiting', state: 'Waiting' },
  Failed: { tone: 'bad', state: 'Failed' },
  Denied: { tone: 'bad', state: 'Denied' },
};

function requestState(object: ShownObject): Standing {
  const condition = object.status?.conditions?.find(({ type }) => type === 'Ready');
  const known = requestStates[condition?.reason ?? ''];
  if (known !== undefined) return { ...known, condition };
  const isApproved = object.status?.conditions?.some(({ type, status }) => type === 'Approved' && status === 'True');
  return { tone: 'waiting', state: isApproved === true ? 'Approved' : 'Not approved', condition };
}

function row(object: ShownObject, { tone, state, condition }: Standing, facts: readonly Cell[]): Row {
  const { uid, namespace, name, creationTimestamp } = object.metadata;
  return {
    key: uid,
    tone,
    cells: [
      { text: namespace === undefined ? name : `${namespace}/${name}` },
      { text: state },
      { text: condition?.reason ?? '' },
      { text: condition?.message ?? '' },
      ...facts,
      { since: creationTimestamp },
      { command: describeCommand(object.kind, name, namespace) },
    ],
  };
}

function dayCell(moment: string | undefined, about?: string): Cell {
  if (moment === undefined) return { text: '' };
  return { text: moment.slice(0, 10), title: about === undefined ? moment : `${moment}\n${about}` };
}

function certificatesIn(base64: string | undefined): readonly X509Certificate[] {
  const text = Buffer.from(base64 ?? '', 'base64').toString();
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      // Somebody else wrote it; the page says nothing of it.
      return [];
    }
  });
}
