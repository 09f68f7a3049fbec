// Free TCP ports on loopback, below the range from which the kernel picks ports of outgoing connections.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// A component that is down for a while must find its port free again: an outgoing connection may have taken one from
// the kernel's own range in the meantime.
const lowest = 15_000;
const highest = 32_000;

const handedOut = new Set<number>();

/** A port that nobody listens on and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(lowest, highest);
    if (!handedOut.has(port)) {
      handedOut.add(port);
      if (await canListen(port)) return port;
    }
  }
  throw new Error(`No free TCP port was found between ${lowest} and ${highest}.`);
}

async function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
