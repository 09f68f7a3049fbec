// What the page shows, as rows of texts. The browser only lays them out.

/** How a row is marked; each has a sign beside its colour. */
export type Tone = 'good' | 'waiting' | 'bad' | 'plain';

/** One cell: a text, a moment (ISO 8601) whose age is shown, or a command to copy. */
export type Cell =
  { readonly text: string; readonly title?: string } | { readonly since: string } | { readonly command: string };

/** One row; `key` is the same as long as it is about the same thing. */
export interface Row {
  readonly key: string;
  readonly tone: Tone;
  readonly cells: readonly Cell[];
}

/** The tables of the page, by the id that each has in it. */
export const tables = {
  issuers: {
    title: 'Issuers',
    none: 'There is no issuer yet.',
    columns: ['Name', 'State', 'Reason', 'Message', 'Left', 'CA ends', 'Age', 'Look closer'],
  },
  certificates: {
    title: 'Certificates',
    none: 'There is no Certificate yet.',
    columns: ['Name', 'State', 'Reason', 'Message', 'Ends', 'Renewed from', 'Age', 'Look closer'],
  },
  requests: {
    title: 'Requests',
    none: 'There is no CertificateRequest yet.',
    columns: ['Name', 'State', 'Reason', 'Message', 'Serial number', 'Ends', 'Chain', 'Age', 'Look closer'],
  },
  calls: {
    title: 'Calls that the simulator got',
    none: 'Nothing was called yet.',
    columns: ['Time', 'Action', 'Result', 'Took', 'RequestId', 'About'],
  },
} as const;

/** Name of a table. */
export type TableName = keyof typeof tables;

/** Everything that changes on the page. */
export interface PageState {
  readonly tables: Readonly<Record<TableName, readonly Row[]>>;
  /** One sentence with the numbers. */
  readonly summary: string;
  /** Ids of the faults that are on. */
  readonly faults: readonly string[];
  /** Why what is shown may be old; empty where it is not. */
  readonly trouble: string;
}
