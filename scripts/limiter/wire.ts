// The operator's own queue, rates and client against the simulator in a process of its own, over HTTP and in real time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compose } from '../../src/alibaba/call.ts';
import type { Call, PcaCall, PcaOutcome } from '../../src/alibaba/call.ts';
import { withAccessKey } from '../../src/alibaba/credentials/with-access-key.ts';
import { pcaCall } from '../../src/alibaba/pca-client.ts';
import { HttpTransport } from '../../src/alibaba/transport.ts';
import { systemClock } from '../../src/timing/clock.ts';
import { describeIssuingCACall, readIssuingCA } from '../../src/issuing/issuing-ca.ts';
import { makeCsr } from '../../test/support/certificates.ts';
import { issuerSpec, plan, signingRequest } from '../../test/support/issuing.ts';
import { isThrottled, keepCalling, queueOn } from './callers.ts';
import type { Scenario, Second } from './service.ts';

const latencyMilliseconds = 100;

interface Started {
  readonly endpoint: string;
  readonly adminUrl: string;
  readonly accessKey: { readonly accessKeyId: string; readonly accessKeySecret: string };
}

/** Runs a scenario in real time: what each second was answered. */
export async function overTheWire({ limitAt, seconds }: Scenario): Promise<readonly Second[]> {
  const program = fileURLToPath(new URL('../../simulator/main.ts', import.meta.url));
  const simulator = spawn(process.execPath, [program, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface(simulator.stdout);
    const [line] = (await once(lines, 'line')) as [string];
    return await run(JSON.parse(line) as Started, { limitAt, seconds });
  } finally {
    simulator.kill('SIGKILL');
  }
}

async function run(
  { endpoint, adminUrl, accessKey }: Started,
  { limitAt, seconds }: Pick<Scenario, 'limitAt' | 'seconds'>,
): Promise<readonly Second[]> {
  const pca = compose(
    pcaCall({
      endpoint: { host: endpoint, protocol: 'HTTP', caBundle: undefined, region: 'cn-hangzhou' },
      transport: new HttpTransport(),
      timeoutMs: 30_000,
      userAgent: 'alibaba-pca-issuer/limiter',
    }),
    withAccessKey({ ...accessKey, securityToken: undefined }),
  );
  const call = await issuingCall(pca);
  const counts = Array.from({ length: seconds }, () => ({ accepted: 0, throttled: 0 }));
  const queue = queueOn(systemClock);
  const ended = new AbortController();
  await limit(adminUrl, limitAt(0));
  const startedAt = performance.now();
  const callOnce = async (): Promise<PcaOutcome> => {
    const outcome = await pca(call(), { signal: ended.signal });
    const second = counts[Math.floor((performance.now() - startedAt) / 1_000)];
    if (second !== undefined) second[isThrottled(outcome) ? 'throttled' : 'accepted'] += 1;
    return outcome;
  };
  keepCalling({ queue, clock: systemClock, call: callOnce, signal: ended.signal });
  for (let second = 1; second <= seconds; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt + second * 1_000 - performance.now())));
    if (second < seconds && limitAt(second) !== limitAt(second - 1)) await limit(adminUrl, limitAt(second));
  }
  ended.abort();
  queue.close();
  return counts.map((count, second) => ({ ...count, limit: limitAt(second) }));
}

async function limit(adminUrl: string, throttlePerSecond: number): Promise<void> {
  const body = JSON.stringify({ throttlePerSecond, latencyMilliseconds });
  const answer = await fetch(`${adminUrl}/faults`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`The simulator refused the limit: ${answer.status}`);
}

/** One plan, with an identifier of its own for each call. */
async function issuingCall(pca: Call): Promise<() => PcaCall> {
  const parentIdentifier = 'sim-sub-ecc-p256';
  const described = await pca(describeIssuingCACall(parentIdentifier), { signal: AbortSignal.timeout(5_000) });
  if (described.kind === 'failed') throw new Error(described.failure.message);
  const ca = readIssuingCA(described.body);
  if (ca.kind === 'malformed') throw new Error(ca.message);
  const csr = await makeCsr('P-256', { subject: [{ CN: ['limiter'] }] });
  const { call } = plan(signingRequest(csr, { duration: '24h' }), ca.ca, issuerSpec({ parentIdentifier }), new Date());
  return () => ({ ...call, parameters: { ...call.parameters, customIdentifier: crypto.randomUUID() } });
}
