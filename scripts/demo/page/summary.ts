// One sentence with the numbers of the page. Pure.
import type { PageState, Row } from './state.ts';

/** The sentence; `calls` is how many there were, also those that are not shown any more. */
export function summaryOf({ issuers, requests }: Omit<PageState['tables'], 'calls'>, calls: number): string {
  const ready = issuers.filter(({ tone }) => tone === 'good').length;
  const parts = [
    `${ready} of ${counted(issuers.length, 'issuer')} ready`,
    `${counted(count(requests, 'good'), 'certificate')} issued`,
    `${counted(count(requests, 'waiting'), 'request')} waiting`,
    `${count(requests, 'bad')} failed`,
    `${counted(calls, 'call')} to the simulator`,
  ];
  return `${parts.join(', ')}.`;
}

function count(rows: readonly Row[], tone: Row['tone']): number {
  return rows.filter((row) => row.tone === tone).length;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
