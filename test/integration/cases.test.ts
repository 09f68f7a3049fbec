// Every case of test/cases, applied to the whole product at work; docs/cases.md shows expected against seen.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../simulator/simulator.ts';
import { chartOutcomes } from '../support/cases/charts.ts';
import { writePage } from '../support/cases/page.ts';
import { agrees, plansOf } from '../support/cases/plan.ts';
import { cases, inputsOf, keyOf, resultsFile, sharedIssuers } from '../support/cases/read.ts';
import type { Case, Fill, Seen } from '../support/cases/read.ts';
import { readerOutcomes } from '../support/cases/readers.ts';
import { applyInput, isIssuer, isJudged, outcomeOf, renewalOf, steady } from '../support/cases/run.ts';
import { reference } from '../support/cluster.ts';
import type { Manifest } from '../support/cluster.ts';
import { buildHelm, buildMs } from '../support/helm.ts';
import { World, secret } from '../support/world.ts';

const instances = ['cas_deposit-cn-mesh0001', 'cas_deposit-cn-mesh0002', 'cas_deposit-cn-mesh0003'];
// A Lease that a busy machine does not lose: nothing starts the operator again here.
const flags = ['--retry-max-delay=2s'];
let world: World;
let https: SimulatorHandle;
let fill: Fill;
const results: Record<string, Readonly<Record<string, Seen>>> = {};

beforeAll(buildHelm, buildMs);
beforeAll(async () => {
  world = await World.start({ flags, simulator: { instances } });
  const { accessKey, endpoint } = world.simulator;
  https = await startSimulator({ protocol: 'HTTPS', accessKeys: [accessKey] });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const ca = https.tlsCaPem ?? '';
  fill = [
    ['HTTPS-HOST:PORT', https.endpoint],
    ['HOST:PORT', endpoint],
    ['TLS_CA_WITHOUT_END', ca.slice(0, ca.indexOf('-----END'))],
    ['TLS_CRLF_CA', ca.replaceAll('\n', '\r\n')],
    ['TLS_CA', ca],
    ['ACCESS_KEY_ID_BASE64', base64(accessKey.accessKeyId)],
    ['ACCESS_KEY_SECRET_BASE64', base64(accessKey.accessKeySecret)],
    ['ACCESS_KEY_ID', accessKey.accessKeyId],
    ['ACCESS_KEY_SECRET', accessKey.accessKeySecret],
  ];
  const namespaces = ['shop', 'other'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await world.cluster.apply([...namespaces, secret(world.namespace, 'pca-access-key', accessKey)]);
  const issuers = sharedIssuers(fill);
  await world.cluster.apply(issuers);
  for (const issuer of issuers)
    await world.cluster.waitForCondition(reference(issuer), { type: 'Ready', status: 'True' });
});
afterAll(async () => {
  if (process.env['UPDATE_CASES'] === '1') {
    const ordered = Object.fromEntries(cases.map(({ name }) => [name, results[name] ?? {}]));
    writeFileSync(resultsFile, `${JSON.stringify(ordered, undefined, 2)}\n`);
    writePage(ordered);
  }
  await https.close();
  await world.stop();
});

/** Applies the inputs in their order, then waits for all of them. */
async function applied({ name, expected, renew = false }: Case): Promise<Readonly<Record<string, Seen>>> {
  const inputs = inputsOf(name, fill);
  const plans = await plansOf([...sharedIssuers(fill), ...inputs]);
  const refusals = new Map<string, string>();
  for (const input of inputs) {
    const refusal = await applyInput(world, input);
    if (refusal !== undefined) refusals.set(keyOf(input), refusal);
  }
  const seen = inputs.filter(isJudged).map(async (input): Promise<readonly [string, Seen]> => {
    const key = keyOf(input);
    const mayWait = expected[key]?.startsWith('waits') ?? false;
    const outcome = refusals.get(key) ?? (await outcomeOf(world, input, mayWait));
    const further = renew && outcome.startsWith('issued') ? `; ${await renewalOf(world, input)}` : '';
    const plan = plans.get(key);
    return [
      key,
      { seen: steady(outcome + further, fill), ...(plan === undefined ? {} : { plan: steady(plan, fill) }) },
    ];
  });
  return Object.fromEntries(await Promise.all(seen));
}

/** One certificate for what was issued, one more for its renewal, none for anything else. */
async function checkCost(seen: Readonly<Record<string, Seen>>, inputs: readonly Manifest[]): Promise<void> {
  const costOf = (input: Manifest): number => {
    const outcome = seen[keyOf(input)]?.seen ?? '';
    if (!outcome.startsWith('issued')) return 0;
    return outcome.includes('; renewed: ') ? 2 : 1;
  };
  const judged = inputs.filter((input) => isJudged(input) && !isIssuer(input));
  for (const namespace of new Set(judged.map(({ metadata }) => metadata.namespace))) {
    const own = judged.filter(({ metadata }) => metadata.namespace === namespace);
    await world.issuances({
      ...(namespace === undefined ? {} : { namespace }),
      certificates: Object.fromEntries(own.map((input) => [input.metadata.name, costOf(input)])),
      calledOnce: true,
    });
  }
}

describe.concurrent('the case', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', async (name, each) => {
    const others = { ...(await chartOutcomes(name, world.cluster)), ...(await readerOutcomes(name)) };
    const shown = Object.entries(others).map(([check, seen]) => [check, { seen: steady(seen, fill) }] as const);
    const seen: Readonly<Record<string, Seen>> = { ...(await applied(each)), ...Object.fromEntries(shown) };
    results[name] = seen;
    const outcomes = Object.entries(seen);
    expect(Object.fromEntries(outcomes.map(([key, outcome]) => [key, outcome.seen]))).toEqual(each.expected);
    const deviating = outcomes.filter(
      ([, outcome]) => outcome.plan !== undefined && !agrees(outcome.seen, outcome.plan),
    );
    const allowed = Object.entries(each.plan ?? {}).map(([key, { expected }]) => [key, expected] as const);
    expect(Object.fromEntries(deviating.map(([key, { plan }]) => [key, plan]))).toEqual(Object.fromEntries(allowed));
    await checkCost(seen, inputsOf(name, fill));
  });
});
