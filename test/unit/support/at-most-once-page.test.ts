// How the page about the crash matrix is written from results, here made-up ones.
import { describe, expect, it } from 'vitest';
import { withEnds, withMatrix } from '../../integration/at-most-once/page.ts';
import type { Endings, Results } from '../../integration/at-most-once/page.ts';

const emptyPage = ['matrix', 'unreached', 'circumstances']
  .map((name) => `<!-- generated: ${name} -->\n\n<!-- end of generated: ${name} -->\n`)
  .join('\n');
const alwaysOne: Results = () => 1;

function rowsOf(page: string): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function cellOf(results: Results, { disturbance, step }: { readonly disturbance: string; readonly step: string }) {
  const [head = [], , ...rows] = rowsOf(withMatrix(emptyPage, results));
  return rows.find(([words]) => words === disturbance)?.[head.indexOf(step)];
}

describe('the page about the crash matrix', () => {
  it('has a row for each disturbance and a column for each step', () => {
    const [head, , ...rows] = rowsOf(withMatrix(emptyPage, alwaysOne));
    expect(head).toEqual([
      'The operator',
      'Request read',
      'Planned',
      'Instance promised',
      'Earlier looked up',
      'Call permitted',
      'Call answered',
      'Verdict reached',
      'Result written',
    ]);
    expect(rows).toHaveLength(9);
    expect(rows[0]).toEqual(['is killed and restarted', '1', '1', '1', '1', '1', '1', '1', '1']);
    expect(rows.at(-1)?.slice(1)).toEqual(['–', '–', '–', '–', '1', '–', '–', '–']);
  });

  it('names the operations whose number differs from that of most', () => {
    const results: Results = ({ disturbance, step }, operation) => {
      if (disturbance !== 'Killed' || step !== 'Planned') return 1;
      return operation.startsWith('CreateCustom') ? 3 : operation.endsWith('WithCsr') ? 2 : 1;
    };
    expect(cellOf(results, { disturbance: 'is killed and restarted', step: 'Planned' })).toBe(
      '1; 2 for `CreateServerCertificateWithCsr`, `CreateClientCertificateWithCsr`; 3 for `CreateCustomCertificate`',
    );
    expect(cellOf(results, { disturbance: 'is killed and restarted', step: 'Request read' })).toBe('1');
  });

  it('shows a number that all operations share, whatever it is', () => {
    expect(cellOf(() => 0, { disturbance: 'is killed and restarted', step: 'Planned' })).toBe('0');
  });

  it('is not written where a result is missing', () => {
    const results: Results = ({ disturbance, step }, operation) =>
      disturbance === 'PCALost' && step === 'CallAnswered' && operation === 'CreateWHClientCertificate' ? undefined : 1;
    expect(() => withMatrix(emptyPage, results)).toThrow(
      'CreateWHClientCertificate has no result for PCALost at CallAnswered',
    );
  });

  it('asks for no result of an operation that does not reach the step', () => {
    const asked: string[] = [];
    withMatrix(emptyPage, ({ step }, operation) => {
      if (step === 'InstancePromised') asked.push(operation);
      return 1;
    });
    expect([...new Set(asked)]).toEqual(['CreateExternalCACertificate']);
  });
});

describe('the table of what else may change', () => {
  const rowOf = (endings: Endings, words: string) =>
    rowsOf(withEnds(emptyPage, endings)).find(([first]) => first === words);

  it('says how requests end unless they become ready, the most common end first, and what is not tried', () => {
    const endings: Endings = ({ moment }, operation) =>
      moment === 'AnswerLost'
        ? { end: 'CertificateRevoked', certificates: 1 }
        : { end: 'Ready', certificates: operation === 'CreateWHClientCertificate' ? 2 : 1 };
    expect(rowOf(endings, 'The certificate is revoked in PCA')).toEqual([
      'The certificate is revoked in PCA',
      '–',
      '1; 2 for `CreateWHClientCertificate`',
      '1; 2 for `CreateWHClientCertificate`',
      '`CertificateRevoked`, 1',
      '1; 2 for `CreateWHClientCertificate`',
    ]);
  });

  it('is not written where a result is missing', () => {
    const endings: Endings = ({ circumstance, moment }, operation) =>
      `${circumstance} ${moment} ${operation}` === 'CAChanged AnswerLate CreateCustomCertificate'
        ? undefined
        : { end: 'Ready', certificates: 1 };
    expect(() => withEnds(emptyPage, endings)).toThrow(
      'CreateCustomCertificate has no result for CAChanged, AnswerLate',
    );
  });
});
