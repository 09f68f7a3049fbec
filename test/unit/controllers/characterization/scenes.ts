// All rows of the table.
import { blameRows } from './rows-blame.ts';
import { cloudRows } from './rows-cloud.ts';
import { earlierRows } from './rows-earlier.ts';
import { endRows } from './rows-ends.ts';
import { exceptionRows } from './rows-exceptions.ts';
import { instanceRows } from './rows-instances.ts';
import { limitRows } from './rows-limits.ts';
import { patienceRows } from './rows-patience.ts';
import { signingRequestRows } from './rows-signing-requests.ts';
import { turnRows } from './rows-turns.ts';
import { waitingRows } from './rows-waiting.ts';
import { writeRows } from './rows-writes.ts';
import type { Row } from './scene.ts';

export const rows: readonly Row[] = [
  ...endRows,
  ...waitingRows,
  ...cloudRows,
  ...patienceRows,
  ...earlierRows,
  ...writeRows,
  ...limitRows,
  ...turnRows,
  ...instanceRows,
  ...signingRequestRows,
  ...exceptionRows,
  ...blameRows,
];
