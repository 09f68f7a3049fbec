// The role of an ECS instance from the simulated metadata service over HTTP, and from answers that nobody expects.
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../../simulator/simulator.ts';
import type { Instance, SimulatorHandle } from '../../../../simulator/simulator.ts';
import { AddressRules } from '../../../../src/alibaba/address-rules.ts';
import {
  credentialsIn,
  InstanceRole,
  parseMetadataAddress,
} from '../../../../src/alibaba/credentials/instance-role.ts';
import { HttpTransport } from '../../../../src/alibaba/transport.ts';
import type { Transport, WireReply } from '../../../../src/alibaba/transport.ts';
import { systemClock } from '../../../../src/timing/clock.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { testAccount } from '../../../support/oidc-issuer.ts';

const metadataAddress = '100.100.100.200';
const never = new AbortController().signal;
const roleArn = `acs:ram::${testAccount}:role/node`;
let simulator: SimulatorHandle;

beforeAll(async () => {
  simulator = await startSimulator();
  simulator.setRole({ arn: roleArn });
});
afterEach(() => simulator.reset());
afterAll(async () => simulator.close());

function instanceRole(settings: { readonly transport?: Transport; readonly allowsV1?: boolean } = {}): InstanceRole {
  const { transport = new HttpTransport(), allowsV1 = false } = settings;
  return new InstanceRole({ transport, address: simulator.endpoint, allowsV1, timeoutMs: 60_000, clock: systemClock });
}

const steps = () =>
  simulator.metadataCalls().map(({ method, path, hasToken, status }) => [method, path, hasToken, status]);
const token = ['PUT', '/latest/api/token', false, 200];
const listed = ['GET', '/latest/meta-data/ram/security-credentials/', true, 200];
const read = ['GET', '/latest/meta-data/ram/security-credentials/node', true, 200];

describe('the credentials', () => {
  it.each<[string, string | undefined, readonly unknown[]]>([
    ['of the attached role', undefined, [token, listed, read]],
    ['of a role by its name', 'node', [token, read]],
  ])('%s are read with a token', async (_, name, asked) => {
    simulator.setInstance({ roleArn });
    const given = await instanceRole().credentials(name, never);
    expect([given, steps()]).toEqual([
      {
        kind: 'ok',
        accessKey: {
          accessKeyId: expect.stringMatching(/^STS\./),
          accessKeySecret: expect.any(String),
          securityToken: expect.any(String),
        },
        expiresAt: expect.any(Number),
      },
      asked,
    ]);
  });

  it('are read without a token only where that is allowed', async () => {
    simulator.setInstance({ roleArn, versions: 'v1' });
    const refused = await instanceRole().credentials('node', never);
    const allowed = await instanceRole({ allowsV1: true }).credentials('node', never);
    const noToken = ['PUT', '/latest/api/token', false, 404];
    expect([refused, allowed.kind, steps()]).toEqual([
      expect.objectContaining({
        failure: expect.objectContaining({
          class: 'Credentials',
          message: `Reading the role of the ECS instance at ${simulator.endpoint} failed, the metadata service refuses calls with a token (IMDSv2) (MetadataTokenRefused, HTTP 404). Turn it on for the nodes' instances, or have the administrator start the operator with --ecs-metadata-v1 (Helm: ecsRole.metadataV1).`,
        }),
      }),
      'ok',
      [noToken, noToken, ['GET', '/latest/meta-data/ram/security-credentials/node', false, 200]],
    ]);
  });

  it.each<[string, Instance, string | undefined]>([
    ['no role', {}, undefined],
    ['no role, asked by name', {}, 'node'],
    ['another role', { roleArn }, 'other'],
  ])('of an instance with %s are none', async (_, instance, name) => {
    simulator.setInstance(instance);
    expect(await instanceRole().credentials(name, never)).toMatchObject({
      kind: 'failed',
      failure: {
        service: 'Metadata',
        class: 'Credentials',
        code: 'InstanceRoleNotAttached',
        message: `Reading the role of the ECS instance at ${simulator.endpoint} failed, the instance has no such role (InstanceRoleNotAttached, HTTP 404). Attach the RAM role to the ECS instances of the nodes, or correct spec.credentials.ecsRole.name.`,
        mayHaveIssued: false,
      },
    });
  });
});

describe('nobody at the address', () => {
  it.each([
    ['refuses the connection', { code: 'ECONNREFUSED', syscall: 'connect' }, 'ECONNREFUSED'],
    ['cannot be reached', { code: 'EHOSTUNREACH', syscall: 'connect' }, 'EHOSTUNREACH'],
  ])('%s, which may pass', async (_, thrown, code) => {
    const transport: Transport = { send: async () => Promise.reject(Object.assign(new Error(code), thrown)) };
    expect(await instanceRole({ transport }).credentials(undefined, never)).toMatchObject({
      failure: { service: 'Metadata', class: 'Transient', code, mayHaveIssued: false },
    });
  });

  it('answers in time', async () => {
    const clock = new FakeClock();
    const transport: Transport = { send: async () => new Promise(() => undefined) };
    const role = new InstanceRole({ transport, address: metadataAddress, allowsV1: false, timeoutMs: 5_000, clock });
    const reading = role.credentials(undefined, never);
    clock.advance(5_000);
    expect(await reading).toMatchObject({ failure: { class: 'Transient', code: 'DeadlineExceeded' } });
    expect(clock.timers).toBe(0);
  });

  it('is what a transport for the address alone connects to', async () => {
    const only = new HttpTransport(
      undefined,
      new AddressRules({ refused: ['0.0.0.0/0', '::/0'], allowed: [metadataAddress] }),
    );
    expect(await instanceRole({ transport: only }).credentials(undefined, never)).toMatchObject({
      failure: { code: 'AddressRefused', class: 'EndpointNotAllowed' },
    });
    expect(steps()).toEqual([]);
  });
});

const text = (value: string, status = 200): WireReply => ({ status, requestId: undefined, body: Buffer.from(value) });

describe('whatever it answers', () => {
  const answers = fc.record({
    status: fc.constantFrom(200, 200, 200, 204, 301, 400, 401, 403, 404, 405, 429, 500, 503),
    body: fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('node\n', '../x', 'a b', '', 'x'.repeat(5_000), '{"Code":"Success"}', '{"Code":"Failed"}'),
      fc.constant(undefined),
    ),
  });

  it('there are credentials or a failure of the metadata service, and no path but its own is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(answers, { minLength: 3, maxLength: 3 }), fc.boolean(), async (replies, allowsV1) => {
        const paths: string[] = [];
        const left = [...replies];
        const transport: Transport = {
          send: async (_endpoint, { path }) => {
            paths.push(path);
            const { status, body } = left.shift() ?? { status: 500, body: '' };
            return { status, requestId: undefined, body: body === undefined ? undefined : Buffer.from(body) };
          },
        };
        const given = await instanceRole({ transport, allowsV1 }).credentials(undefined, never);
        if (given.kind === 'failed') {
          expect(given.failure).toMatchObject({ service: 'Metadata', mayHaveIssued: false });
          expect(['Credentials', 'Transient']).toContain(given.failure.class);
          expect(given.failure.message).toMatch(/^[\x20-\x7e]{20,500}$/);
        } else expect(Object.values(given.accessKey).every((part) => /^[\x21-\x7e]+$/.test(part ?? ''))).toBe(true);
        expect(
          paths.every((path) =>
            /^\/latest\/(api\/token|meta-data\/ram\/security-credentials\/([A-Za-z0-9][\w.-]{0,63})?)$/.test(path),
          ),
        ).toBe(true);
      }),
    );
  });

  const good = {
    Code: 'Success',
    AccessKeyId: 'STS.a',
    AccessKeySecret: 's',
    SecurityToken: 't',
    Expiration: '2026-11-22T07:00:00Z',
  };

  it.each<[string, object, boolean]>([
    ['all members', good, true],
    ['no code, as older ones', { ...good, Code: undefined }, true],
    ['another code', { ...good, Code: 'AssumeRoleUnauthorizedAccess' }, false],
    ['an id that is no text', { ...good, AccessKeyId: 5 }, false],
    ['a secret with a line end', { ...good, AccessKeySecret: 's\n' }, false],
    ['no token', { ...good, SecurityToken: undefined }, false],
    ['an end that is no time', { ...good, Expiration: 'soon' }, false],
  ])('%s can be used or not', (_, body, isUsable) => {
    const key = credentialsIn(Buffer.from(JSON.stringify(body)));
    expect(key).toEqual(
      isUsable
        ? {
            accessKey: { accessKeyId: 'STS.a', accessKeySecret: 's', securityToken: 't' },
            expiresAt: Date.UTC(2026, 10, 22, 7),
          }
        : undefined,
    );
  });

  it('no body is more than a reply', () => {
    expect(credentialsIn(undefined)).toBeUndefined();
  });

  it('a reading of any JSON is a whole key or nothing', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            Code: fc.oneof(fc.constant('Success'), fc.jsonValue()),
            AccessKeyId: fc.oneof(fc.string(), fc.jsonValue()),
            AccessKeySecret: fc.oneof(fc.string(), fc.jsonValue()),
            SecurityToken: fc.oneof(fc.string(), fc.jsonValue()),
            Expiration: fc.oneof(fc.date().map(String), fc.string(), fc.jsonValue()),
          },
          { requiredKeys: [] },
        ),
        (body) => {
          const key = credentialsIn(Buffer.from(JSON.stringify(body)));
          if (key === undefined) return;
          expect(Number.isFinite(key.expiresAt)).toBe(true);
          expect(Object.values(key.accessKey).every((part) => /^[\x21-\x7e]+$/.test(part ?? ''))).toBe(true);
        },
      ),
    );
  });
});

describe('its address', () => {
  it.each<[string, unknown]>([
    ['100.100.100.200', { address: '100.100.100.200', ip: '100.100.100.200' }],
    ['127.0.0.1:8080', { address: '127.0.0.1:8080', ip: '127.0.0.1' }],
    ['[::1]:8080', { address: '[::1]:8080', ip: '::1' }],
    ['metadata.example', undefined],
    ['127.0.0.1:0', undefined],
    ['127.0.0.1:70000', undefined],
    ['300.0.0.1', undefined],
    ['100.100.100.200/latest', undefined],
    ['', undefined],
  ])('%j is read', (address, expected) => {
    expect(parseMetadataAddress(address)).toEqual(expected);
  });
});

it('a token that no header can hold is none', async () => {
  const transport: Transport = { send: async () => text('two words') };
  expect(await instanceRole({ transport }).credentials('node', never)).toMatchObject({
    failure: { code: 'MetadataUnreadable', class: 'Transient' },
  });
});
