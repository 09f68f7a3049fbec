// The ratios that WCAG gives itself, and those of well-known pairs.
import { expect, it } from 'vitest';

import { contrast } from '../../support/contrast.ts';

it.each([
  ['rgb(0, 0, 0)', 'rgb(255, 255, 255)', 21],
  ['rgb(255, 255, 255)', 'rgb(0, 0, 0)', 21],
  ['rgb(9, 9, 9)', 'rgb(9, 9, 9)', 1],
  ['rgb(118, 118, 118)', 'rgb(255, 255, 255)', 4.54],
  ['rgb(255, 0, 0)', 'rgb(255, 255, 255)', 4],
])('%s on %s', (text, ground, ratio) => {
  expect(contrast(text, ground)).toBeCloseTo(ratio, 2);
});
