// Asks Go and cert-manager what they read: a process that answers one line of JSON with another.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

interface NamesInGo {
  readonly dns: readonly string[];
  readonly emails: readonly string[];
  /** Hex. */
  readonly addresses: readonly string[];
  readonly uris: readonly string[];
}

/** A Name; the value is null where Go has none. */
export type NameInGo = readonly (readonly { readonly type: string; readonly value: string | null }[])[];

interface FactsInGo {
  readonly subject: NameInGo;
  /** Base64. */
  readonly rawSubject: string;
  readonly publicKey: string;
  /** Base64. */
  readonly rawPublicKey: string;
  readonly signatureAlgorithm: string;
  readonly names: NamesInGo;
  readonly keyUsage: number;
  readonly extKeyUsages: readonly string[];
  readonly unknownExtKeyUsages: readonly string[];
  readonly hasConstraints: boolean;
  readonly isCA: boolean;
  readonly pathLength: number | null;
  readonly extensions: readonly { readonly id: string; readonly critical: boolean }[];
}

/** What Go reads in a request, and what cert-manager's webhook objects to; an empty text where it does not. */
export interface RequestInGo extends FactsInGo {
  readonly attributeTypes: readonly string[];
  readonly usagesObjection: string;
  readonly caObjection: string;
}

/** What Go reads in a certificate. */
export interface CertificateInGo extends FactsInGo {
  readonly issuer: NameInGo;
  /** Base64. */
  readonly rawIssuer: string;
  /** Hex. */
  readonly serialNumber: string;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Hex. */
  readonly subjectKeyId: string;
  readonly authorityKeyId: string;
  readonly unhandledCritical: readonly string[];
}

/** The error with which Go refuses. */
export interface RefusedByGo {
  readonly refused: string;
}

interface Question {
  readonly kind: 'request' | 'certificate';
  readonly der: Buffer;
  readonly usages?: readonly string[];
  readonly isCA?: boolean;
}

/** A running reader of Go's. */
export class GoReader {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string) {
    this.#process = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The answers to these, in their order; few at a time, since nothing is read meanwhile. */
  async ask(questions: readonly Question[]): Promise<readonly unknown[]> {
    const lines = questions.map(({ kind, der, usages, isCA }) =>
      JSON.stringify({ kind, der: der.toString('base64'), usages, isCA }),
    );
    this.#process.stdin.write(`${lines.join('\n')}\n`);
    const answers: unknown[] = [];
    while (answers.length < questions.length) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error('the Go reader ended before it had answered');
      answers.push(JSON.parse(value));
    }
    return answers;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin.end();
    await closed;
  }
}
