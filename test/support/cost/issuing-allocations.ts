// A program that tells what it costs to plan and verify one certificate, the pure part without I/O: bytes that V8 allocates, and
// calls that make objects of OpenSSL's, which V8 does not count. It is run without optimizing compilers, which work in the
// background and so leave out allocations at times and at times not, and with a young generation that takes everything, so that
// what is in use grows by what was allocated.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { getHeapStatistics } from 'node:v8';

/** What one certificate takes. */
export interface IssuingCost {
  readonly bytes: number;
  /** Calls of node:crypto by name. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Flags of Node for this program. */
export const nodeFlags = [
  '--no-opt',
  '--no-maglev',
  '--min-semi-space-size=512',
  '--max-semi-space-size=512',
  '--disable-warning=ExperimentalWarning',
];

const warmUps = 20;
const slices = 10;
const perSlice = 10;

async function measure(): Promise<IssuingCost> {
  const calls = { createPublicKey: 0, verify: 0, X509Certificate: 0 };
  const { createPublicKey, verify, X509Certificate } = crypto;
  crypto.createPublicKey = (...parameters) => {
    calls.createPublicKey += 1;
    return createPublicKey(...parameters);
  };
  crypto.verify = ((...parameters: Parameters<typeof verify>) => {
    calls.verify += 1;
    return verify(...parameters);
  }) as typeof verify;
  crypto.X509Certificate = class extends X509Certificate {
    constructor(...parameters: ConstructorParameters<typeof X509Certificate>) {
      super(...parameters);
      calls.X509Certificate += 1;
    }
  };
  syncBuiltinESMExports();
  const { makeSamples } = await import('./samples.ts');
  const samples = await makeSamples(warmUps + slices * perSlice);
  for (const issue of samples.slice(0, warmUps)) issue();
  Object.assign(calls, { createPublicKey: 0, verify: 0, X509Certificate: 0 });
  const bytes = Array.from({ length: slices }, (_, slice) => {
    const before = getHeapStatistics().used_heap_size;
    for (const issue of samples.slice(warmUps + slice * perSlice).slice(0, perSlice)) issue();
    return (getHeapStatistics().used_heap_size - before) / perSlice;
  });
  // In one of them something may have been collected or compiled.
  const middle = bytes.sort((one, other) => one - other)[slices / 2] ?? Number.NaN;
  const each = Object.entries(calls).map(([name, count]) => [name, count / (slices * perSlice)] as const);
  return { bytes: Math.round(middle), calls: Object.fromEntries(each) };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await measure()));
