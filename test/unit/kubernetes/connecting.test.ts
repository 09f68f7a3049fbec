// Connections to an API server that is far away, or whose name leads to several addresses.
import { expect, test } from 'vitest';

import { KubernetesClient } from '../../../src/kubernetes/client.ts';
import { slowHostName, startSlowHost } from '../../support/slow-handshake.ts';

// Node gives an address 250 ms where a host has several.
test.runIf(process.platform === 'linux')(
  'an API server of several addresses whose connections take a second is reached',
  async () => {
    await using slow = await startSlowHost();
    const client = new KubernetesClient(
      {
        server: `http://${slowHostName}:${slow.port}`,
        namespace: undefined,
        credentials: async () => ({ headers: {}, tls: {} }),
      },
      { userAgent: 'test' },
    );
    // A write goes out once.
    const [result] = await Promise.all([client.create('/api/v1/namespaces/a/events', {}), slow.asked()]);
    await client.close();
    expect(result).toEqual({ kind: 'ok', status: 200, body: {} });
  },
);
