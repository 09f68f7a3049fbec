// Settings of the operator that are lists in a notation of their own, read as the operator reads them.
import { AddressRules, parseNetworks } from '../../alibaba/address-rules.ts';
import { parseIssuerHosts } from '../../alibaba/issuer-hosts.ts';
import type { IssuerHosts } from '../../alibaba/issuer-hosts.ts';
import { parseMetadataAddress } from '../../alibaba/credentials/instance-role.ts';
import { parseCallLimits } from '../../alibaba/limits/rate-limit-settings.ts';
import type { RateLimitTable } from '../../alibaba/limits/rate-limit-settings.ts';
import { parseOptions } from '../../runtime/options.ts';
import type { Options } from '../../runtime/options.ts';

/** The settings with what their lists say. */
export interface Settings {
  readonly options: Options;
  readonly hosts: IssuerHosts;
  readonly addresses: AddressRules;
  readonly metadata: NonNullable<ReturnType<typeof parseMetadataAddress>>;
  readonly limits: RateLimitTable;
}

/** The settings that flags and variables give, or a sentence about the one at fault, with which no operator starts. */
export function readSettings(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Settings | string {
  const parsed = parseOptions(args, environment);
  if (parsed.kind === 'invalid') return parsed.message;
  if (parsed.kind !== 'run') return `--${parsed.kind} is among its flags, so that it does nothing else.`;
  const { options } = parsed;
  const hosts = parseIssuerHosts(options['issuer-hosts']);
  if (hosts.kind === 'invalid') return `--issuer-hosts: ${hosts.message}`;
  const networks = parseNetworks(options['refused-networks']);
  if (networks.kind === 'invalid') return `--refused-networks: ${networks.message}`;
  const metadata = parseMetadataAddress(options['ecs-metadata-address']);
  if (metadata === undefined) return '--ecs-metadata-address: it is no IP address, with a port if wanted.';
  const limits = parseCallLimits(options['call-limits']);
  if (limits.kind === 'invalid') return `--call-limits: ${limits.message}`;
  const addresses = new AddressRules({
    refused: networks.networks,
    allowed: hosts.hosts.addresses,
    plainHttp: options['plain-http-endpoints'] ? 'Anywhere' : 'Loopback',
  });
  return { options, hosts: hosts.hosts, addresses, metadata, limits: limits.table };
}
