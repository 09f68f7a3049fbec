// What a hostile endpoint would write to a connection, without one.
import type { Socket } from 'node:net';
import type { Answer, Exchange } from './endpoint.ts';

/** What is asked, and how many bytes of a body are taken before the connection is closed. */
export interface Asked {
  readonly action: string;
  readonly csr: string;
  readonly genuine: Exchange['genuine'];
  readonly most: number;
}

/** The status and the body of the first answer, as they were written; status 0 and no body where there is no answer. */
export async function recorded(
  answer: Answer,
  { action, csr, genuine, most }: Asked,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const connection = new Connection(2 * most);
  const parameters = new URLSearchParams({ Csr: csr });
  await answer({ action, parameters, genuine, socket: connection as unknown as Socket });
  connection.destroyed = true;
  const written = Buffer.concat(connection.chunks);
  const endOfHead = written.indexOf('\r\n\r\n');
  if (endOfHead < 0) return { status: 0, body: Buffer.alloc(0) };
  return { status: Number(written.toString('latin1', 9, 12)), body: written.subarray(endOfHead + 4) };
}

/** As much of a socket as answers use. */
class Connection {
  readonly chunks: Buffer[] = [];
  destroyed = false;
  readonly #most: number;
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  on(): this {
    return this;
  }

  write(data: string | Buffer, done?: () => void): boolean {
    const bytes = Buffer.from(data);
    this.chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size > this.#most) this.destroyed = true;
    done?.();
    return !this.destroyed;
  }

  end(data: string | Buffer): void {
    this.write(data);
  }

  resetAndDestroy(): void {
    this.destroyed = true;
  }
}
