// The RAM role of an ECS instance from its metadata service: a token first (IMDSv2), then the role's credentials. Plain HTTP to
// one address, which only programs on the instance reach.
// Source: Alibaba Cloud, ECS, "Instance metadata" and "Instance RAM roles".
import { isIP } from 'node:net';
import type { PcaEndpoint } from '../endpoint.ts';
import { clientFailure, networkFailure } from '../errors.ts';
import type { AnswerFacts, ClientFault, FailedCall, PcaFailure } from '../errors.ts';
import { readJsonReply } from '../json-reply.ts';
import type { Transport, WireReply } from '../transport.ts';
import type { Clock } from '../../timing/clock.ts';
import { startDeadline } from '../../timing/deadline.ts';
import type { Deadline } from '../../timing/deadline.ts';
import { temporaryKeyIn } from './sts.ts';
import type { TemporaryKey } from './sts.ts';

/** Credentials with their end, or why there are none. */
export type NewCredentials =
  ({ readonly kind: 'ok' } & TemporaryKey) | { readonly kind: 'failed'; readonly failure: PcaFailure };

/** What the metadata service is asked with. */
export interface InstanceRoleOptions {
  /** Connects to `address` and to nothing else. */
  readonly transport: Transport;
  /** `address[:port]`. */
  readonly address: string;
  /** Whether it is asked without a token where it gives none (IMDSv1). */
  readonly allowsV1: boolean;
  /** Longest time for all of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'startTimer'>;
}

const rolesPath = '/latest/meta-data/ram/security-credentials/';
const tokenPath = '/latest/api/token';
// It is used at once.
const tokenSeconds = '60';
const longestToken = 4_096;
const roleName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const headerText = /^[\x21-\x7e]+$/;

type Step<Value> =
  { readonly kind: 'ok'; readonly value: Value } | Extract<NewCredentials, { readonly kind: 'failed' }>;

/** Reads the address of a metadata service, an IP address with an optional port; undefined where it is none. */
export function parseMetadataAddress(text: string): { readonly address: string; readonly ip: string } | undefined {
  const [, bracketed, plain = '', port] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const ip = bracketed ?? plain;
  if (isIP(ip) === 0 || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) return undefined;
  return { address: text, ip };
}

/** The instance role of this machine. */
export class InstanceRole {
  readonly #options: InstanceRoleOptions;
  readonly #endpoint: PcaEndpoint;

  constructor(options: InstanceRoleOptions) {
    this.#options = options;
    this.#endpoint = { host: options.address, protocol: 'HTTP', caBundle: undefined, region: '' };
  }

  /** The role's present credentials; without a name, those of whichever role the instance has. Never rejects. */
  async credentials(name: string | undefined, signal: AbortSignal): Promise<NewCredentials> {
    const { timeoutMs, clock } = this.#options;
    using deadline = startDeadline(timeoutMs, signal, clock);
    const token = await this.#token(deadline);
    if (token.kind === 'failed') return token;
    const role =
      name === undefined ? await this.#attachedRole(token.value, deadline) : { kind: 'ok' as const, value: name };
    if (role.kind === 'failed') return role;
    const answer = await this.#get(`${rolesPath}${role.value}`, token.value, deadline);
    if (answer.kind === 'failed') return answer;
    const key = credentialsIn(answer.value);
    return key === undefined ? this.#failed('MetadataUnreadable') : { kind: 'ok', ...key };
  }

  /** What a failure of reading it is told with. */
  get about(): FailedCall {
    return {
      action: 'Reading the role of the ECS instance',
      host: this.#options.address,
      service: 'Metadata',
      sent: true,
      // The texts are our own.
      redact: (text, limit) => text.slice(0, limit),
    };
  }

  /** A token for the calls that follow; undefined where there need be none. */
  async #token(deadline: Deadline): Promise<Step<string | undefined>> {
    const headers = { 'x-aliyun-ecs-metadata-token-ttl-seconds': tokenSeconds };
    const answer = await this.#send({ method: 'PUT', path: tokenPath, headers }, deadline);
    if (answer.kind === 'failed') return answer;
    const { status, body } = answer.value;
    if (status >= 500) return this.#failed('MetadataFailed', { httpStatus: status });
    if (status >= 300) {
      if (this.#options.allowsV1) return { kind: 'ok', value: undefined };
      return this.#failed('MetadataTokenRefused', { httpStatus: status });
    }
    const token = textOf(body);
    return token.length <= longestToken && headerText.test(token)
      ? { kind: 'ok', value: token }
      : this.#failed('MetadataUnreadable');
  }

  async #attachedRole(token: string | undefined, deadline: Deadline): Promise<Step<string>> {
    const answer = await this.#get(rolesPath, token, deadline);
    if (answer.kind === 'failed') return answer;
    const [first = ''] = textOf(answer.value).split(/\s/, 1);
    if (first === '') return this.#failed('InstanceRoleNotAttached');
    return roleName.test(first) ? { kind: 'ok', value: first } : this.#failed('MetadataUnreadable');
  }

  async #get(path: string, token: string | undefined, deadline: Deadline): Promise<Step<Buffer | undefined>> {
    const headers: Readonly<Record<string, string>> =
      token === undefined ? {} : { 'x-aliyun-ecs-metadata-token': token };
    const answer = await this.#send({ method: 'GET', path, headers }, deadline);
    if (answer.kind === 'failed') return answer;
    const { status, body } = answer.value;
    if (status === 404) return this.#failed('InstanceRoleNotAttached', { httpStatus: status });
    if (status === 401 || status === 403) return this.#failed('MetadataTokenRefused', { httpStatus: status });
    if (status >= 300) return this.#failed('MetadataFailed', { httpStatus: status });
    return { kind: 'ok', value: body };
  }

  async #send(
    request: { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> },
    deadline: Deadline,
  ): Promise<Step<WireReply>> {
    const sending = this.#options.transport.send(
      this.#endpoint,
      { ...request, body: Buffer.alloc(0) },
      deadline.signal,
    );
    const answered = await deadline.wait(sending);
    if (answered.kind === 'value') return { kind: 'ok', value: answered.value };
    if (answered.kind === 'thrown') return { kind: 'failed', failure: networkFailure(answered.thrown, this.about) };
    return this.#failed(answered.kind);
  }

  #failed(fault: ClientFault, facts: AnswerFacts = {}): Extract<NewCredentials, { readonly kind: 'failed' }> {
    return { kind: 'failed', failure: clientFailure(fault, this.about, facts) };
  }
}

/** The credentials in the reply for a role; undefined where it holds none that can be used. Pure. */
export function credentialsIn(body: Buffer | undefined): TemporaryKey | undefined {
  const read = readJsonReply(body ?? Buffer.alloc(0));
  if (read.kind === 'malformed' || (read.body['Code'] ?? 'Success') !== 'Success') return undefined;
  return temporaryKeyIn(read.body);
}

function textOf(body: Buffer | undefined): string {
  return (body ?? Buffer.alloc(0)).toString('utf8').trim();
}
