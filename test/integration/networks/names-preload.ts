// Loaded before the operator: names below `.test` lead to the address that the variable PCA_TEST_ADDRESS names, as the hosts file
// of a pod could have it. Everything else is resolved as ever.
import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';

const address = process.env['PCA_TEST_ADDRESS'] ?? '127.0.0.1';
const resolve = dns.lookup.bind(dns) as (hostname: string, options: object) => Promise<unknown>;

Object.assign(dns, {
  lookup: async (hostname: string, options: object): Promise<unknown> =>
    hostname.endsWith('.test') ? [{ address, family: 4 }] : resolve(hostname, options),
});
syncBuiltinESMExports();
