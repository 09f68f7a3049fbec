/** Reading a request's body whole, with a limit; chunked or not makes no difference to node:http. */
import type { IncomingMessage } from 'node:http';

/** The body, or undefined when it is longer than the limit in bytes or the connection ended early. */
export async function readBody(message: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message) {
      const part = chunk as Buffer;
      length += part.length;
      if (length > limit) return undefined;
      chunks.push(part);
    }
  } catch {
    // The client went away; there is nobody to answer.
    return undefined;
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
