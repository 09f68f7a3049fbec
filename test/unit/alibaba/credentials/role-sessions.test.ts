// Sessions of roles on a clock that stands still: who waits, when STS is asked again, and what a failure leaves behind.
import { describe, expect, it } from 'vitest';
import type { PcaCall, PcaOutcome } from '../../../../src/alibaba/call.ts';
import type { AccessKey } from '../../../../src/alibaba/credentials/access-key.ts';
import { endpointFor } from '../../../../src/alibaba/endpoint.ts';
import { clientFailure } from '../../../../src/alibaba/errors.ts';
import type { NewCredentials } from '../../../../src/alibaba/credentials/instance-role.ts';
import type { TokenReading } from '../../../../src/alibaba/credentials/new-credentials.ts';
import { RoleSessions } from '../../../../src/alibaba/credentials/role-sessions.ts';
import type { RoleRenewal } from '../../../../src/alibaba/credentials/role-sessions.ts';
import type {
  InstanceRoleRequest,
  RoleRequest,
  SessionRequest,
  TokenSource,
} from '../../../../src/alibaba/credentials/session-request.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { refused } from '../../authority/pca-double.ts';

const key: AccessKey = { accessKeyId: 'LTAI1', accessKeySecret: 'source-secret', securityToken: undefined };
const endpoint = endpointFor({ region: 'cn-hangzhou', host: 'sts.example' });
const settings = {
  roleArn: 'acs:ram::1:role/a',
  sessionName: 's',
  policy: undefined,
  service: 'Alibaba Cloud',
  endpoint,
};
const byKey: RoleRequest = {
  ...settings,
  durationSeconds: 3_600,
  kind: 'accessKey',
  accessKey: key,
  externalId: undefined,
};
const byToken: RoleRequest = {
  ...settings,
  durationSeconds: 3_600,
  kind: 'oidc',
  oidcProviderArn: 'acs:ram::1:oidc-provider/p',
  token: { kind: 'file', file: '/token' },
};
const account: TokenSource = { kind: 'serviceAccount', namespace: 'shop', name: 'pca', uid: 'u1', audience: 'sts' };
const byAccount: RoleRequest = { ...byToken, token: account };
const byInstance: InstanceRoleRequest = { kind: 'instanceRole', name: 'node', service: 'Alibaba Cloud' };
const chained: RoleRequest = {
  ...settings,
  durationSeconds: 3_600,
  kind: 'chained',
  source: byAccount,
  externalId: undefined,
};
const never = new AbortController().signal;

class Sts {
  readonly clock = new FakeClock();
  readonly calls: { readonly call: PcaCall; readonly accessKey: AccessKey | undefined }[] = [];
  readonly renewals: RoleRenewal[] = [];
  /** Answers in order; when there is none, credentials that last as long as was asked. */
  answers: (PcaOutcome | Promise<PcaOutcome>)[] = [];
  /** Whether it never answers. */
  isSilent = false;
  token: () => Promise<TokenReading> = async () => ({ kind: 'ok', token: 'the-token' });
  /** What the metadata service gives; credentials of six hours, anew each time. */
  instance: (name: string | undefined) => Promise<NewCredentials> = async (name) => {
    this.instanceReads.push(name);
    const accessKeyId = `STS.instance-${this.instanceReads.length}`;
    const accessKey = { accessKeyId, accessKeySecret: 'x', securityToken: 't' };
    return { kind: 'ok', accessKey, expiresAt: this.clock.now().getTime() + 6 * 3_600_000 };
  };
  readonly instanceReads: (string | undefined)[] = [];
  readonly sessions = new RoleSessions({
    connect:
      () =>
      async (call, { accessKey, signal }) => {
        this.calls.push({ call, accessKey });
        if (this.isSilent) return this.#silence(signal);
        return this.answers.shift() ?? this.credentials(Number(call.parameters['DurationSeconds']));
      },
    readToken: async () => this.token(),
    instanceRole: {
      about: { action: 'Reading', host: 'metadata', service: 'Metadata', sent: true, redact: (text) => text },
      credentials: async (name) => this.instance(name),
    },
    clock: this.clock,
    timeoutMs: 5_000,
    signal: never,
    onRenewal: (renewal) => this.renewals.push(renewal),
  });

  async #silence(signal: AbortSignal): Promise<PcaOutcome> {
    await new Promise((resolve) => {
      this.clock.startTimer(() => resolve(undefined), 5_000);
      signal.addEventListener('abort', resolve);
    });
    return this.failed();
  }

  credentials(seconds: number): PcaOutcome {
    const Expiration = new Date(this.clock.now().getTime() + seconds * 1_000).toISOString();
    const AccessKeyId = `STS.${this.calls.length}`;
    const body = { Credentials: { AccessKeyId, AccessKeySecret: 'temporary', SecurityToken: 'session', Expiration } };
    return { kind: 'ok', body, requestId: 'R1' };
  }

  failed(code: 'DeadlineExceeded' = 'DeadlineExceeded'): PcaOutcome {
    const about = { action: 'AssumeRole', host: 'sts.example', sent: true, redact: (text: string) => text };
    return { kind: 'failed', failure: clientFailure(code, about) };
  }

  /** The id of the key that is given, or the code of the failure. */
  async get(request: SessionRequest = byKey, signal: AbortSignal = never): Promise<string> {
    const given = await this.sessions.get(request, signal);
    return given.kind === 'ok' ? given.accessKey.accessKeyId : given.failure.code;
  }
}

/** Lets what is ready go on, until nothing is. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const seconds = (count: number): number => count * 1_000;

describe('the call', () => {
  it('of a token is not signed and carries the token', async () => {
    const sts = new Sts();
    await sts.get({ ...byToken, policy: '{}' });
    expect(sts.calls).toEqual([
      {
        accessKey: undefined,
        call: {
          action: 'AssumeRoleWithOIDC',
          version: '2015-04-01',
          parameters: {
            RoleArn: 'acs:ram::1:role/a',
            RoleSessionName: 's',
            DurationSeconds: '3600',
            Policy: '{}',
            OIDCProviderArn: 'acs:ram::1:oidc-provider/p',
            OIDCToken: 'the-token',
          },
        },
      },
    ]);
  });

  it('of an access key is signed with it and names the external ID', async () => {
    const sts = new Sts();
    await sts.get({ ...byKey, externalId: 'x-1' });
    expect(sts.calls).toEqual([
      {
        accessKey: key,
        call: {
          action: 'AssumeRole',
          version: '2015-04-01',
          parameters: {
            RoleArn: 'acs:ram::1:role/a',
            RoleSessionName: 's',
            DurationSeconds: '3600',
            ExternalId: 'x-1',
          },
        },
      },
    ]);
  });
});

describe('sharing', () => {
  it('makes one call for everyone who waits', async () => {
    const sts = new Sts();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => sts.get({ ...byKey }))))).toEqual(
      new Set(['STS.1']),
    );
    expect(sts.calls.length).toBe(1);
  });

  it.each<[string, RoleRequest]>([
    ['role', { ...byKey, roleArn: 'acs:ram::1:role/b' }],
    ['session name', { ...byKey, sessionName: 't' }],
    ['duration', { ...byKey, durationSeconds: 900 }],
    ['policy', { ...byKey, policy: '{}' }],
    ['external ID', { ...byKey, externalId: 'x' }],
    ['endpoint', { ...byKey, endpoint: { ...endpoint, host: 'other.example' } }],
    ['service that judges the credentials', { ...byKey, service: 'HTTPS pca.example' }],
    ['secret of the same key', { ...byKey, accessKey: { ...key, accessKeySecret: 'other' } }],
    ['source', byToken],
  ])('stops at another %s', async (_, other) => {
    const sts = new Sts();
    expect([await sts.get(byKey), await sts.get(other)]).toEqual(['STS.1', 'STS.2']);
  });

  it.each<[string, Partial<Extract<TokenSource, { readonly kind: 'serviceAccount' }>>]>([
    ['namespace', { namespace: 'bank' }],
    ['name', { name: 'other' }],
    ['UID', { uid: 'u2' }],
    ['audience', { audience: 'other' }],
  ])('stops at a ServiceAccount of another %s', async (_, changes) => {
    const sts = new Sts();
    const other = { ...byAccount, token: { ...account, ...changes } };
    expect([await sts.get(byAccount), await sts.get(other), await sts.get({ ...byAccount })]).toEqual([
      'STS.1',
      'STS.2',
      'STS.1',
    ]);
  });

  it.each<[string, Partial<Extract<RoleRequest, { readonly kind: 'chained' }>>]>([
    ['external ID', { externalId: 'x' }],
    ['source', { source: byKey }],
    ['role of the source', { source: { ...byAccount, roleArn: 'acs:ram::1:role/z' } }],
    ['ServiceAccount of the source', { source: { ...byAccount, token: { ...account, uid: 'u2' } } }],
  ])('stops at a chain of another %s', async (_, changes) => {
    const sts = new Sts();
    const first = await sts.get(chained);
    expect(await sts.get({ ...chained, ...changes })).not.toBe(first);
    expect(await sts.get({ ...chained })).toBe(first);
  });

  it.each<[string, Partial<InstanceRoleRequest>]>([
    ['name', { name: undefined }],
    ['service', { service: 'HTTPS pca.example' }],
  ])('stops at an instance role of another %s', async (_, changes) => {
    const sts = new Sts();
    expect([
      await sts.get(byInstance),
      await sts.get({ ...byInstance, ...changes }),
      await sts.get(byInstance),
    ]).toEqual(['STS.instance-1', 'STS.instance-2', 'STS.instance-1']);
  });

  it('is of the source of chains as well', async () => {
    const sts = new Sts();
    await Promise.all([sts.get(chained), sts.get({ ...chained, sessionName: 't' }), sts.get(byAccount)]);
    expect(sts.calls.map(({ call: { action }, accessKey }) => [action, accessKey?.accessKeyId])).toEqual([
      ['AssumeRoleWithOIDC', undefined],
      ['AssumeRole', 'STS.1'],
      ['AssumeRole', 'STS.1'],
    ]);
  });

  it('lets one caller go without ending the call of the others', async () => {
    const sts = new Sts();
    const answer = Promise.withResolvers<PcaOutcome>();
    sts.answers = [answer.promise];
    const leaving = new AbortController();
    const [first, second] = [sts.get(byKey, leaving.signal), sts.get(byKey)];
    leaving.abort();
    const left = await first;
    answer.resolve(sts.credentials(3_600));
    expect([left, await second, sts.calls.length]).toEqual(['Cancelled', 'STS.1', 1]);
  });
});

describe('the time limit', () => {
  it('ends the wait of a caller, not the renewal', async () => {
    const sts = new Sts();
    const answer = Promise.withResolvers<PcaOutcome>();
    sts.answers = [answer.promise];
    const waiting = sts.get();
    sts.clock.advance(5_000);
    const late = await waiting;
    answer.resolve(sts.credentials(3_600));
    expect([late, await sts.get(), sts.calls.length]).toEqual(['DeadlineExceeded', 'STS.1', 1]);
  });

  it('ends the reading of a token', async () => {
    const sts = new Sts();
    sts.token = async () => new Promise(() => undefined);
    const waiting = sts.get(byToken);
    sts.clock.advance(5_000);
    await waiting;
    await settled();
    expect([await sts.get(byToken), sts.calls]).toEqual(['OIDCTokenUnreadable', []]);
  });
});

describe('renewal', () => {
  it('begins after three quarters of the lifetime, behind the back of callers, once', async () => {
    const sts = new Sts();
    const given = [await sts.get()];
    sts.clock.advance(seconds(0.74 * 3_600));
    given.push(await sts.get());
    sts.clock.advance(seconds(0.02 * 3_600));
    const answer = Promise.withResolvers<PcaOutcome>();
    sts.answers.push(answer.promise);
    given.push(await sts.get(), await sts.get());
    answer.resolve(sts.credentials(3_600));
    await settled();
    given.push(await sts.get());
    expect([given, sts.calls.length]).toEqual([['STS.1', 'STS.1', 'STS.1', 'STS.1', 'STS.2'], 2]);
  });

  it('is awaited when nothing valid is left', async () => {
    const sts = new Sts();
    await sts.get();
    sts.clock.advance(seconds(3_600) - 9_000);
    expect(await sts.get()).toBe('STS.2');
  });

  it('keeps to the end that STS states where that comes sooner than asked', async () => {
    const sts = new Sts();
    sts.answers = [sts.credentials(30)];
    await sts.get();
    sts.clock.advance(seconds(31));
    expect([await sts.get(), sts.calls.length]).toEqual(['STS.2', 2]);
  });

  it('that fails leaves the old credentials in use until their end, and pauses longer each time', async () => {
    const sts = new Sts();
    await sts.get();
    sts.clock.advance(seconds(2_900));
    const asked: number[] = [];
    for (const pause of [0, 700, 100, 1_400, 200]) {
      sts.clock.advance(pause);
      sts.answers = [sts.failed()];
      expect(await sts.get()).toBe('STS.1');
      await settled();
      asked.push(sts.calls.length);
    }
    expect(asked).toEqual([2, 2, 3, 3, 4]);
    sts.clock.advance(seconds(700));
    sts.answers = [sts.failed()];
    expect([await sts.get(), await sts.get(), sts.calls.length]).toEqual(['DeadlineExceeded', 'DeadlineExceeded', 5]);
    sts.clock.advance(seconds(61));
    sts.answers = [];
    expect([await sts.get(), sts.renewals.map(({ failure }) => failure?.code)]).toEqual([
      'STS.6',
      [undefined, ...Array.from({ length: 4 }, () => 'DeadlineExceeded'), undefined],
    ]);
  });

  it('leaves no gap while STS is silent for ten minutes and the old credentials live', async () => {
    const sts = new Sts();
    await sts.get();
    sts.clock.advance(seconds(0.76 * 3_600));
    sts.isSilent = true;
    const given = new Set<string>();
    for (let second = 0; second < 600; second += 1) {
      given.add(await sts.get());
      sts.clock.advance(1_000);
      await settled();
    }
    sts.isSilent = false;
    const tries = sts.calls.length - 1;
    sts.clock.advance(seconds(61));
    given.add(await sts.get());
    await settled();
    expect([[...given], await sts.get(), tries >= 10 && tries <= 30]).toEqual([
      ['STS.1'],
      `STS.${sts.calls.length}`,
      true,
    ]);
  });

  it('ends the wait of those without credentials within seconds of the first answer of STS', async () => {
    const sts = new Sts();
    await sts.get();
    sts.clock.advance(seconds(3_500));
    sts.isSilent = true;
    for (let second = 0; second < 600; second += 1) {
      const asked = sts.get();
      await settled();
      sts.clock.advance(1_000);
      await settled();
      void asked;
    }
    // The call that is under way ends with its deadline.
    sts.clock.advance(5_000);
    await settled();
    sts.isSilent = false;
    sts.clock.advance(5_000);
    expect(await sts.get()).toBe(`STS.${sts.calls.length}`);
  });

  it('tells until when the present credentials are used, and why there are no others', async () => {
    const sts = new Sts();
    expect(sts.sessions.stateOf(byKey)).toBeUndefined();
    await sts.sessions.get(byKey, never);
    const endsOn = new Date(sts.clock.now().getTime() + seconds(3_590));
    expect(sts.sessions.stateOf(byKey)).toEqual({ endsOn, renewalFailure: undefined });
    sts.clock.advance(seconds(2_900));
    sts.answers = [sts.failed()];
    await sts.sessions.get(byKey, never);
    await settled();
    expect(sts.sessions.stateOf(byKey)).toMatchObject({ endsOn, renewalFailure: { code: 'DeadlineExceeded' } });
    sts.clock.advance(seconds(2));
    await sts.sessions.get(byKey, never);
    await settled();
    const later = new Date(sts.clock.now().getTime() + seconds(3_590));
    expect(sts.sessions.stateOf(byKey)).toEqual({ endsOn: later, renewalFailure: undefined });
  });

  it('follows when PCA refused the credentials, but not when they were renewed since', async () => {
    const sts = new Sts();
    const first = await sts.sessions.get(byKey, never);
    const refused = first.kind === 'ok' ? first.accessKey : key;
    sts.sessions.drop(byKey, refused);
    const second = await sts.get();
    sts.sessions.drop(byKey, refused);
    expect([refused.accessKeyId, second, await sts.get()]).toEqual(['STS.1', 'STS.2', 'STS.2']);
  });
});

describe('a chain', () => {
  it('asks for the role with the present credentials of the other, and names the external ID', async () => {
    const sts = new Sts();
    expect(await sts.get({ ...chained, source: byInstance, externalId: 'x-1' })).toBe('STS.1');
    expect([sts.instanceReads, sts.calls]).toEqual([
      ['node'],
      [
        {
          accessKey: { accessKeyId: 'STS.instance-1', accessKeySecret: 'x', securityToken: 't' },
          call: {
            action: 'AssumeRole',
            version: '2015-04-01',
            parameters: {
              RoleArn: 'acs:ram::1:role/a',
              RoleSessionName: 's',
              DurationSeconds: '3600',
              ExternalId: 'x-1',
            },
          },
        },
      ],
    ]);
  });

  it('whose lower credentials STS refuses takes them anew, once', async () => {
    const sts = new Sts();
    const ended = refused('Credentials', { service: 'STS', code: 'InvalidSecurityToken.Expired' });
    sts.answers = [sts.credentials(3_600), ended];
    const given = await sts.get(chained);
    expect([given, sts.calls.map(({ call: { action } }) => action)]).toEqual([
      'STS.4',
      ['AssumeRoleWithOIDC', 'AssumeRole', 'AssumeRoleWithOIDC', 'AssumeRole'],
    ]);
  });

  it('fails as the lower one does, and STS is not asked for the upper one', async () => {
    const sts = new Sts();
    sts.token = async () => ({ kind: 'failed', fault: 'TokenRequestForbidden', detail: 'no' });
    expect([await sts.get(chained), sts.calls]).toEqual(['TokenRequestForbidden', []]);
  });
});

describe('an instance role', () => {
  it('is renewed before its end, whatever was asked', async () => {
    const sts = new Sts();
    const given = [await sts.get(byInstance)];
    sts.clock.advance(seconds(5 * 3_600));
    given.push(await sts.get(byInstance));
    await settled();
    given.push(await sts.get(byInstance));
    expect([given, sts.instanceReads.length]).toEqual([['STS.instance-1', 'STS.instance-1', 'STS.instance-2'], 2]);
  });

  it.each([
    ['ended by the clock of the node', -1_000, 'MetadataUnreadable'],
    ['end after months', 100 * 86_400_000, 'STS.1'],
  ])('whose credentials %s', async (_, ms, expected) => {
    const sts = new Sts();
    const accessKey = { accessKeyId: 'STS.1', accessKeySecret: 'x', securityToken: 't' };
    sts.instance = async () => ({ kind: 'ok', accessKey, expiresAt: sts.clock.now().getTime() + ms });
    expect(await sts.get(byInstance)).toBe(expected);
    sts.clock.advance(seconds(43_200));
    sts.instance = async () => ({
      kind: 'ok',
      accessKey: { ...accessKey, accessKeyId: 'STS.2' },
      expiresAt: sts.clock.now().getTime() + 3_600_000,
    });
    expect(await sts.get(byInstance)).toBe('STS.2');
  });
});

describe('a token of a ServiceAccount', () => {
  it.each<[string, () => Promise<TokenReading>, string, string]>([
    [
      'that may not be made',
      async () => ({ kind: 'failed', fault: 'TokenRequestForbidden', detail: 'the API server says no' }),
      'Permission',
      'Asking for a token of ServiceAccount "shop/pca" at the API server failed, the operator may not make tokens there (TokenRequestForbidden): the API server says no. Grant it create on serviceaccounts/token (Helm: add the namespace to serviceAccountTokens.namespaces).',
    ],
    [
      'that never comes',
      async () => Promise.reject(new Error('x')),
      'Transient',
      'Asking for a token of ServiceAccount "shop/pca" at the API server failed, it gave none (TokenRequestFailed): no answer came in time.',
    ],
  ])('%s is a failure of the API server', async (_, token, failureClass, message) => {
    const sts = new Sts();
    sts.token = token;
    expect(await sts.sessions.get(byAccount, never)).toMatchObject({
      failure: { service: 'Kubernetes', class: failureClass, message, mayHaveIssued: false },
    });
    expect(sts.calls).toEqual([]);
  });
});

describe('a failure', () => {
  it.each<[string, () => Promise<TokenReading>]>([
    ['that cannot be read', async () => Promise.reject(new Error('ENOENT'))],
    ['that is empty', async () => ({ kind: 'ok', token: '' })],
  ])('of a token file %s names the file and calls nobody', async (_, token) => {
    const sts = new Sts();
    sts.token = token;
    expect(await sts.sessions.get(byToken, never)).toEqual({
      kind: 'failed',
      failure: {
        service: 'STS',
        class: 'Credentials',
        code: 'OIDCTokenUnreadable',
        httpStatus: undefined,
        requestId: undefined,
        message:
          'AssumeRoleWithOIDC at sts.example failed, the pod\'s OIDC token could not be read (OIDCTokenUnreadable): the file is "/token". Mount a projected ServiceAccount token with audience sts.aliyuncs.com there (Helm: rrsa.enabled), or correct ALIBABA_CLOUD_OIDC_TOKEN_FILE.',
        accessDenied: undefined,
        mayHaveIssued: false,
      },
    });
    expect(sts.calls).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no credentials', {}],
    ['credentials without an end', { AccessKeyId: 'a', AccessKeySecret: 'b', SecurityToken: 'c' }],
    [
      'credentials that have ended',
      { AccessKeyId: 'a', AccessKeySecret: 'b', SecurityToken: 'c', Expiration: '2020-01-01T00:00:00Z' },
    ],
    [
      'a token that no header can hold',
      { AccessKeyId: 'a', AccessKeySecret: 'b', SecurityToken: 'c\n', Expiration: '2099-01-01T00:00:00Z' },
    ],
  ])('is an answer with %s, and it is not asked for again at once', async (_, Credentials) => {
    const sts = new Sts();
    sts.answers = [{ kind: 'ok', body: { Credentials }, requestId: 'R1' }];
    expect([await sts.get(), await sts.get(), sts.calls.length]).toEqual(['MalformedReply', 'MalformedReply', 1]);
  });

  it('of the parameters is one of the credentials, never of a request', async () => {
    const sts = new Sts();
    const failed = sts.failed();
    if (failed.kind === 'ok') throw new Error('it should have failed');
    sts.answers = [{ kind: 'failed', failure: { ...failed.failure, class: 'RequestRejected' } }];
    expect(await sts.sessions.get(byKey, never)).toMatchObject({ failure: { class: 'Credentials' } });
  });
});
