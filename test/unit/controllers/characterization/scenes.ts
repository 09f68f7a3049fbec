// All rows of the table.
import { cloudRows } from './rows-cloud.ts';
import { earlierRows } from './rows-earlier.ts';
import { endRows } from './rows-ends.ts';
import { waitingRows } from './rows-waiting.ts';
import type { Row } from './scene.ts';

export const rows: readonly Row[] = [...endRows, ...waitingRows, ...cloudRows, ...earlierRows];
