// The table of docs/at-most-once.md about silences of PCA, from what test/integration/at-most-once/silences.test.ts measured.
import { markdownTable } from './generated-section.ts';

/** Where the measured figures are, relative to the repository. */
export const silencesFile = 'docs/silences.json';

/** One silence of PCA, and what became of the certificates that it made for askers who do not wait. */
export interface SilenceFigures {
  /** What PCA did not answer. */
  readonly silent: string;
  readonly seconds: number;
  readonly askers: number;
  /** Requests that they made; each but the last of an asker was deleted after a minute. */
  readonly requests: number;
  readonly made: number;
  readonly inCluster: number;
  readonly reported: number;
  readonly revoked: number;
  readonly unaccounted: number;
}

/** What became of them in each silence. */
export function silencesTable(read: (path: string) => string): string {
  const figures = JSON.parse(read(silencesFile)) as readonly SilenceFigures[];
  const head = [
    'PCA does not answer',
    'For',
    'Askers',
    'Their requests',
    'Certificates at PCA',
    'In the cluster',
    'Reported',
    'Revoked',
    'Unaccounted for',
  ];
  const rows = figures.map(({ silent, seconds, ...counts }) => [
    silent,
    `${seconds} s`,
    ...[
      counts.askers,
      counts.requests,
      counts.made,
      counts.inCluster,
      counts.reported,
      counts.revoked,
      counts.unaccounted,
    ].map(String),
  ]);
  return markdownTable(head, rows);
}
