// The live suite itself, run against the simulator in place of the real service.
import { expect, test } from 'vitest';

import { coveringRequests, runLive } from '../../../scripts/live/run-live.ts';
import { liveSettings } from '../../../scripts/live/settings.ts';
import { startSimulator } from '../../../simulator/simulator.ts';
import { operations } from '../../contract/requests.ts';

test('it runs a few cases of each operation, compares, revokes, and reports what differs', async () => {
  const simulator = await startSimulator();
  const settings = liveSettings({
    PCA_LIVE_ACCESS_KEY_ID: simulator.accessKey.accessKeyId,
    PCA_LIVE_ACCESS_KEY_SECRET: simulator.accessKey.accessKeySecret,
    PCA_LIVE_PARENT_ECC: 'sim-sub-ecc-p256',
    PCA_LIVE_ENDPOINT: simulator.endpoint,
    PCA_LIVE_PROTOCOL: 'HTTP',
  });
  if (settings === undefined) throw new Error('the settings are complete');
  const cases = operations.flatMap((operation) => coveringRequests(operation, 'ECC'));
  const lines: string[] = [];
  simulator.setFaults({ wrongUsage: 1 });
  const counts = await runLive(settings, (line) => lines.push(line));
  expect(counts).toEqual({ passed: cases.length - 1, failed: 1 });
  expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([
    expect.stringContaining('ExtendedKeyUsageMismatch: its extended key usages differ: it has code signing'),
  ]);
  expect(simulator.issued().filter(({ status }) => status === 'ISSUE')).toEqual([]);
  await simulator.close();
});

test('without an account there is nothing to run', () => {
  expect(liveSettings({ PCA_LIVE_ACCESS_KEY_ID: 'a', PCA_LIVE_ACCESS_KEY_SECRET: 'b' })).toBeUndefined();
});
