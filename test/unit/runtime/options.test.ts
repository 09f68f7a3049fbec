// Flags, environment and defaults of the executable.
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src/runtime/options.ts';

const defaults = {
  kubeconfig: '',
  context: '',
  'approval-warning-after': 60_000,
  'call-limits': '',
  'secret-check-interval': 15_000,
  'certificate-signing-requests': true,
  'cluster-resource-namespace': '',
  'issuer-ambient-credentials': false,
  'issuer-ecs-role': false,
  'ecs-metadata-address': '100.100.100.200',
  'ecs-metadata-v1': false,
  'issuer-hosts':
    'cas.aliyuncs.com,cas.*.aliyuncs.com,cas-vpc.*.aliyuncs.com,sts.aliyuncs.com,sts.*.aliyuncs.com,sts-vpc.*.aliyuncs.com',
  'issuer-rules': '',
  'refused-networks': '',
  'plain-http-endpoints': false,
  'proxy-ca-bundle': '',
  'leader-elect': true,
  'leader-election-namespace': '',
  'leader-election-name': 'alibaba-pca-issuer',
  'lease-duration': 15_000,
  'lease-renew-deadline': 10_000,
  'lease-retry-period': 2_000,
  'health-address': ':8080',
  'metrics-address': '',
  'metrics-certificate-directory': '',
  'log-level': 'info',
  'log-format': 'json',
  tracing: false,
  'max-concurrent-requests': 64,
  'issuer-check-interval': 300_000,
  'pca-timeout': 30_000,
  'retry-base-delay': 1_000,
  'retry-max-delay': 300_000,
  'shutdown-timeout': 20_000,
};

describe('parseOptions', () => {
  it('gives the default of every setting when nothing is said', () => {
    expect(parseOptions([], {})).toEqual({ kind: 'run', options: defaults });
  });

  it('lets a flag win over its variable and a variable over the default', () => {
    const environment = { PCA_ISSUER_LOG_LEVEL: 'debug', PCA_ISSUER_PCA_TIMEOUT: '5s' };
    expect(parseOptions(['--log-level=warn', '--leader-elect=false', '--retry-max-delay', '1h'], environment)).toEqual({
      kind: 'run',
      options: {
        ...defaults,
        'log-level': 'warn',
        'leader-elect': false,
        'pca-timeout': 5_000,
        'retry-max-delay': 3_600_000,
      },
    });
  });

  it('takes a bare switch for true', () => {
    expect(parseOptions(['--leader-elect'], { PCA_ISSUER_LEADER_ELECT: 'false' })).toEqual({
      kind: 'run',
      options: defaults,
    });
  });

  it.each([':8080', '127.0.0.1:0', '[::1]:9090', 'localhost:65535'])('takes %s for an address', (address) => {
    expect(parseOptions([`--health-address=${address}`], {})).toEqual({
      kind: 'run',
      options: { ...defaults, 'health-address': address },
    });
  });

  it('takes 0s for a duration that 0s switches off', () => {
    expect(parseOptions(['--approval-warning-after=0s'], {})).toEqual({
      kind: 'run',
      options: { ...defaults, 'approval-warning-after': 0 },
    });
  });

  it.each([
    [['--log-level=loud'], {}, '--log-level is "loud" but must be one of trace, debug, info, warn, error.'],
    [['--pca-timeout=0s'], {}, '--pca-timeout is "0s" but must be a duration such as 500ms, 30s, 5m or 1h.'],
    [['--pca-timeout=5'], {}, '--pca-timeout is "5" but must be a duration such as 500ms, 30s, 5m or 1h.'],
    [
      [],
      { PCA_ISSUER_MAX_CONCURRENT_REQUESTS: 'many' },
      'PCA_ISSUER_MAX_CONCURRENT_REQUESTS is "many" but must be a whole number from 1 to 999999.',
    ],
    [['--lease-duration=10s'], {}, '--lease-renew-deadline must be shorter than --lease-duration.'],
    [['--lease-retry-period=10s'], {}, '--lease-retry-period must be shorter than --lease-renew-deadline.'],
    [
      ['--issuer-rules=rules.yaml', '--issuer-ambient-credentials'],
      {},
      '--issuer-rules replaces --issuer-ambient-credentials, so the two cannot be set together. Take --issuer-ambient-credentials away, and list OperatorRole in identities of the rules whose issuers may use it.',
    ],
    [
      ['--issuer-ecs-role'],
      { PCA_ISSUER_ISSUER_RULES: 'rules.yaml' },
      '--issuer-rules replaces --issuer-ecs-role, so the two cannot be set together. Take --issuer-ecs-role away, and list NodeRole in identities of the rules whose issuers may use it.',
    ],
    [
      ['--metrics-address=:8443'],
      {},
      '--metrics-address needs --metrics-certificate-directory: tokens are not taken without TLS.',
    ],
    [['--metrics-address=8443'], {}, '--metrics-address is "8443" but must be [host]:port, for example :8080.'],
    [['--health-address='], {}, '--health-address is "" but must be [host]:port, for example :8080.'],
    [['--health-address=8080'], {}, '--health-address is "8080" but must be [host]:port, for example :8080.'],
    [['--health-address=:70000'], {}, '--health-address is ":70000" but must be [host]:port, for example :8080.'],
    [
      [],
      { PCA_ISSUER_HEALTH_ADDRESS: 'http://x:1' },
      'PCA_ISSUER_HEALTH_ADDRESS is "http://x:1" but must be [host]:port, for example :8080.',
    ],
    [['--leader-elect=yes'], {}, '--leader-elect is "yes" but must be true or false.'],
  ])('refuses %j with %j and names what is wrong', (argv, environment, message) => {
    expect(parseOptions(argv, environment)).toEqual({ kind: 'invalid', message });
  });

  it.each([
    [['--nonsense=1'], "Unknown option '--nonsense'. Run with --help for the list of flags."],
    [['more'], "Unexpected argument 'more'. Run with --help for the list of flags."],
    [['--log-level'], "Option '--log-level <value>' argument missing. Run with --help for the list of flags."],
  ])('cannot read %j', (argv, message) => {
    expect(parseOptions(argv, {})).toEqual({ kind: 'unreadable', message });
  });

  it.each([
    [['--help'], 'help'],
    [['-h', '--log-level=loud'], 'help'],
    [['--version'], 'version'],
  ])('%j asks for no start', (argv, kind) => {
    expect(parseOptions(argv, {})).toEqual({ kind });
  });
});
