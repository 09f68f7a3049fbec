// The generated part of docs/mesh/requests.md.
import { markdownTable, replaceSection } from '../../../scripts/generate/generated-section.ts';
import type { Refusal } from '../../../src/issuing/refusal.ts';
import { recordedOperations } from './programs.ts';
import type { RecordedRequest } from './programs.ts';

/** The refusal, or undefined where the request is issued. */
export type RecordedResult = Pick<Refusal, 'reason' | 'message'> | undefined;

interface Row {
  readonly request: RecordedRequest;
  /** By operation. */
  readonly results: Readonly<Record<string, RecordedResult>>;
}

/** The page with these results. */
export function withRequests(page: string, rows: readonly Row[]): string {
  return replaceSection(page, 'requests', [table(rows), messages(rows), sources(rows)].join('\n\n'));
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ request, results }) => [
    request.program,
    request.what,
    ...recordedOperations.map((operation) => {
      if (!(operation in results)) return '–';
      const reason = results[operation]?.reason;
      return reason === undefined ? 'yes' : `\`${reason}\``;
    }),
  ]);
  const heads = recordedOperations.map((operation) => `\`${operation}\``);
  return markdownTable(['Program', 'Request for', ...heads], cells);
}

/** What each refusal says, once for each text. */
function messages(rows: readonly Row[]): string {
  const texts = rows.flatMap(({ results }) => Object.values(results).flatMap((result) => result?.message ?? []));
  return ['The refusals in full:', '', ...[...new Set(texts)].map((text) => `- ${text.replaceAll('*', '\\*')}`)].join(
    '\n',
  );
}

function sources(rows: readonly Row[]): string {
  const cells = rows.map(({ request: { program, what, source } }) => [program, what, source]);
  return ['Where the forms come from:', '', markdownTable(['Program', 'Request for', 'Source'], cells)].join('\n');
}
