// What one certificate costs the whole operator, in a figure that no machine changes.
import { expect, it } from 'vitest';
import { costComplaints } from '../../support/cost/figures.ts';
import { operatorAllocations } from '../../support/cost/operator-allocations.ts';

it('allocates as many bytes for a certificate as before', async () => {
  const bytes = await operatorAllocations();
  process.stdout.write(`${bytes} bytes for a certificate\n`);
  expect(costComplaints('operator', { bytes })).toEqual([]);
});
