// How the page about the crash matrix is written from results, here made-up ones.
import { describe, expect, it } from 'vitest';
import { withTables } from '../../integration/at-most-once/page.ts';
import type { Results } from '../../integration/at-most-once/page.ts';

const emptyPage = ['matrix', 'unreached']
  .map((name) => `<!-- generated: ${name} -->\n\n<!-- end of generated: ${name} -->\n`)
  .join('\n');
const alwaysOne: Results = () => 1;

function rowsOf(results: Results): readonly (readonly string[])[] {
  const lines = withTables(emptyPage, results)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function cellOf(results: Results, { disturbance, step }: { readonly disturbance: string; readonly step: string }) {
  const [head = [], , ...rows] = rowsOf(results);
  return rows.find(([words]) => words === disturbance)?.[head.indexOf(step)];
}

describe('the page about the crash matrix', () => {
  it('has a row for each disturbance and a column for each step', () => {
    const [head, , ...rows] = rowsOf(alwaysOne);
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
    expect(() => withTables(emptyPage, results)).toThrow(
      'CreateWHClientCertificate has no result for PCALost at CallAnswered',
    );
  });

  it('asks for no result of an operation that does not reach the step', () => {
    const asked: string[] = [];
    withTables(emptyPage, ({ step }, operation) => {
      if (step === 'InstancePromised') asked.push(operation);
      return 1;
    });
    expect([...new Set(asked)]).toEqual(['CreateExternalCACertificate']);
  });
});
