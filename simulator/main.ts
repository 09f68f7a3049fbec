/** `npm run simulator`: a simulated PCA on this machine until Ctrl-C; `-- --port N --protocol HTTPS --json` change how. */
import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    protocol: { type: 'string', default: 'HTTP' },
    json: { type: 'boolean', default: false },
  },
});

const protocol = values.protocol === 'HTTPS' ? 'HTTPS' : 'HTTP';
const simulator = await startSimulator({ port: Number(values.port), host: values.host, protocol });
const { endpoint, adminUrl, accessKey, cas, tlsCaPem } = simulator;
if (values.json) {
  console.log(JSON.stringify({ endpoint, adminUrl, accessKey, cas, tlsCaPem }));
} else {
  console.log(`Simulated Alibaba Cloud PCA, for tests only: nothing is kept, keys are new at each start.

  endpoint           ${endpoint} (${protocol})
  access key id      ${accessKey.accessKeyId}
  access key secret  ${accessKey.accessKeySecret}
  admin              ${adminUrl}/calls, /issued, /faults
  CAs                ${cas.map(({ identifier, algorithm, kind }) => `${identifier} (${kind}, ${algorithm})`).join('\n                     ')}

Ctrl-C ends it.`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.close().then(() => process.exit(0));
  });
}
