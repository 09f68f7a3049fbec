// The stub of the API server as a process: prints one line of JSON when it is ready, and ends with its parent. With `--http` it
// speaks HTTP.
import type { AddressInfo } from 'node:net';
import { createServerIdentity } from '../../../simulator/tls-identity.ts';
import { stubServer } from './server.ts';

const host = '127.0.0.1';
const identity = process.argv.includes('--http') ? undefined : await createServerIdentity(host);
const server = stubServer(identity);
server.listen(0, host, () => {
  const { port } = server.address() as AddressInfo;
  console.log(
    JSON.stringify({ url: `${identity === undefined ? 'http' : 'https'}://${host}:${port}`, ca: identity?.caPem }),
  );
});
process.stdin.on('end', () => process.exit(0)).resume();
