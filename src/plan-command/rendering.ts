// Reports as text: a table for people, JSON and YAML for programs.
import { stringify } from 'yaml';
import { visible } from '../issuing/x509/shown-text.ts';
import type { OutputForm } from '../command-line/flags.ts';
import type { RequestReport } from './plan-report.ts';

type Row = readonly [name: string, value: string];

/** Writes the reports in this form, with a newline at the end. */
export function render(requests: readonly RequestReport[], form: OutputForm): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify({ requests }, undefined, 2)}\n`;
    case 'yaml':
      // Dates are quoted, because readers of YAML 1.1 would take them for more than text.
      return stringify({ requests }, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 });
    case 'table':
      return `${[...requests.map(section), summary(requests)].join('\n\n')}\n`;
  }
}

function section({ source, kind, namespace, name, ...report }: RequestReport): string {
  const place = [namespace, name].filter((part) => part !== undefined).join('/');
  const title = place === '' ? `${kind} (${source})` : `${kind} ${place} (${source})`;
  const { issuer, call, certificate, refusal, assumptions } = report;
  return [
    visible(title),
    ...rows('', [...(issuer === undefined ? [] : [issuerRow(issuer)]), ['Outcome', report.outcome]]),
    ...(refusal === undefined ? [] : rows('Refusal', refusalRows(refusal))),
    ...(call === undefined
      ? []
      : rows(`Call: ${call.action}, version ${call.version}`, Object.entries(call.parameters))),
    ...(certificate === undefined ? [] : rows('Certificate', certificateRows(certificate))),
    ...(assumptions.length === 0 ? [] : ['  Assumed', ...assumptions.map((each) => `    - ${visible(each)}`)]),
  ].join('\n');
}

function issuerRow({ kind, namespace, name, source }: NonNullable<RequestReport['issuer']>): Row {
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  return ['Issuer', `${kind} ${place} (${source ?? 'not given'})`];
}

function refusalRows(refusal: NonNullable<RequestReport['refusal']>): readonly Row[] {
  return [
    ['Reason', refusal.reason],
    ...('field' in refusal ? [['Field', refusal.field] as const] : []),
    ['Message', refusal.message],
  ];
}

function certificateRows(certificate: NonNullable<RequestReport['certificate']>): readonly Row[] {
  const { subject, names, usages, isCA, notBefore, notAfter, lifetime, notices } = certificate;
  const listed = (texts: readonly string[]): string => (texts.length === 0 ? '(none)' : texts.join(', '));
  return [
    ['Subject', subject],
    ['Names', listed(names)],
    ['Usages', listed(usages)],
    ['CA', isCA ? 'yes' : 'no'],
    ['Valid', `${notBefore} to ${notAfter} (${lifetime})`],
    ...notices.map((notice): Row => ['Note', notice]),
  ];
}

function rows(title: string, entries: readonly Row[]): readonly string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  const indent = title === '' ? '  ' : '    ';
  const lines = entries.map(
    ([name, value]) => `${indent}${visible(name.padEnd(width))}  ${visible(abbreviated(value))}`,
  );
  return title === '' ? lines : [`  ${visible(title)}`, ...lines];
}

/** The CSR would fill the screen: only its first line, and how long it is. */
function abbreviated(value: string): string {
  const [first = '', ...further] = value.split('\n');
  return further.length === 0 ? value : `${first} … (${value.length} characters)`;
}

function summary(requests: readonly RequestReport[]): string {
  const planned = requests.filter(({ outcome }) => outcome === 'planned').length;
  return `${planned} planned, ${requests.length - planned} refused.`;
}
