// Findings as text: a table for people, JSON and YAML for programs. What came from a cluster is shown without control characters.
import { stringify } from 'yaml';
import { visible } from '../issuing/x509/shown-text.ts';
import type { OutputForm } from '../command-line/flags.ts';
import type { Finding, Level } from './finding.ts';
import type { RequestLines } from './judging/request-lines.ts';

/** Everything that is told about a cluster. */
export interface Diagnosis {
  readonly place: 'pod' | 'elsewhere';
  readonly version: string;
  readonly findings: readonly Finding[];
  /** What nobody asked for, as sentences. */
  readonly notLookedAt: readonly string[];
}

const order: readonly Level[] = ['error', 'unknown', 'warning', 'ok'];
const columns: Readonly<Record<Level, string>> = { error: 'ERROR', unknown: 'UNKNOWN', warning: 'WARNING', ok: 'ok' };

/** Writes a diagnosis, with a newline at the end. */
export function renderDiagnosis(diagnosis: Diagnosis, form: OutputForm): string {
  return withoutKeys(diagnosisIn(diagnosis, form));
}

// PCA names the identity that it refuses, sometimes by its AccessKey ID; conditions of issuers repeat it.
const accessKeyId = /\b(LTAI|STS\.)[A-Za-z0-9]{6,}/g;

function withoutKeys(text: string): string {
  return text.replaceAll(accessKeyId, '$1…');
}

function diagnosisIn(diagnosis: Diagnosis, form: OutputForm): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify(diagnosis, undefined, 2)}\n`;
    case 'yaml':
      return stringify(diagnosis, { lineWidth: 0 });
    case 'table':
      return table(diagnosis);
  }
}

/** Writes the five lines about a request. */
export function renderRequest(lines: RequestLines, form: OutputForm): string {
  return withoutKeys(requestIn(lines, form));
}

function requestIn(lines: RequestLines, form: OutputForm): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify(lines, undefined, 2)}\n`;
    case 'yaml':
      return stringify(lines, { lineWidth: 0 });
    case 'table':
      return fiveLines(lines);
  }
}

function fiveLines({ request, approval, issuer, state, todo }: RequestLines): string {
  const rows = { Request: request, Approval: approval, Issuer: issuer, State: state, 'To do': todo };
  return Object.entries(rows)
    .map(([label, text]) => `${label.padEnd(8)}  ${visible(text)}\n`)
    .join('');
}

function table({ findings, notLookedAt }: Diagnosis): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const sorted = findings.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  const rows = sorted.flatMap(({ check, level, about, found, todo }) => [
    `${columns[level].padEnd(7)}  ${check.padEnd(width)}  ${visible(about)}: ${visible(found)}`,
    ...(todo === '' ? [] : [`${' '.repeat(7)}  ${' '.repeat(width)}  -> ${visible(todo)}`]),
  ]);
  const left = notLookedAt.map((text) => `Not looked at: ${visible(text)}`);
  return [...rows, '', ...left, summary(findings), ''].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const bad = [
    [count('error'), 'error'],
    [count('unknown'), 'unknown'],
    [count('warning'), 'warning'],
  ] as const;
  const told = bad
    .filter(([number]) => number > 0)
    .map(([number, word]) =>
      word === 'unknown' ? `${number} unknown` : `${number} ${word}${number === 1 ? '' : 's'}`,
    );
  return told.length === 0 ? `Nothing to say: all ${findings.length} checks are well.` : `${told.join(', ')}.`;
}
