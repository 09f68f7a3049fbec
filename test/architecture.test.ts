// The structure of the sources: who may import whom, sizes, cycles, and what each layer must not touch.
import { describe, expect, it } from 'vitest';

import { findCycles, findViolations, rules } from './support/architecture-rules.ts';
import type { Rule } from './support/architecture-rules.ts';
import { readModule, readModules } from './support/module-graph.ts';
import type { Module } from './support/module-graph.ts';

const modules = readModules(['src', 'simulator']);

describe('the sources', () => {
  it('are found', () => {
    expect(modules.map(({ path }) => path)).toEqual(expect.arrayContaining(['src/runtime/options.ts']));
  });

  it.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    expect(findViolations(rule, modules)).toEqual([]);
  });

  it('have no import cycle', () => {
    expect(findCycles(modules)).toEqual([]);
  });
});

/** For every rule a module that breaks it, and one that looks like it but does not. */
const probes: Readonly<Record<Rule['name'], { readonly bad: readonly Module[]; readonly good: readonly Module[] }>> = {
  'layers import only what lies below them': {
    bad: [
      readModule('src/alibaba/a.ts', "import type { B } from '../crds/b.ts';"),
      readModule('src/alibaba/limits/a.ts', "import { b } from '../../kubernetes/b.ts';"),
      readModule('src/issuing/a.ts', "import { b } from '../kubernetes/b.ts';"),
      readModule('src/issuing/a.ts', "import { systemClock } from '../timing/clock.ts';"),
      readModule('src/controllers/requests/a.ts', "import { b } from '../../runtime/b.ts';"),
      readModule('src/controllers/requests/a.ts', "import { type B, c } from '../../runtime/b.ts';"),
      readModule('src/controllers/requests/signing/a.ts', "import { b } from '../../../alibaba/b.ts';"),
      readModule('src/controllers/issuers/a.ts', "import { b } from '../requests/b.ts';"),
      readModule('src/controllers/issuers/a.ts', "import type { B } from '../../operator/b.ts';"),
      readModule('src/controllers/a.ts', ''),
      readModule('src/authority/a.ts', "import type { B } from '../kubernetes/b.ts';"),
      readModule('src/authority/a.ts', "import type { B } from '../controllers/issuers/b.ts';"),
      readModule('src/kubernetes/a.ts', "export { b } from '../crds/b.ts';"),
      readModule('src/runtime/a.ts', "const b = await import('../crds/b.ts');"),
      readModule('src/crds/a.ts', "import '../issuing/b.ts';"),
      readModule('src/timing/a.ts', "import '../crds/b.ts';"),
      readModule('src/plan-command/a.ts', "import { b } from '../controllers/requests/signing/sign.ts';"),
      readModule('src/plan-command/a.ts', "import { b } from '../alibaba/b.ts';"),
      readModule('src/capacity-command/a.ts', "import { b } from '../alibaba/limits/call-queue.ts';"),
      readModule('src/capacity-command/a.ts', "import { b } from '../timing/clock.ts';"),
      readModule('src/capacity-command/a.ts', "import { b } from '../plan-command/arguments.ts';"),
      readModule('src/command-line/a.ts', "import { b } from '../issuing/b.ts';"),
      readModule('src/cluster-reading/a.ts', "import { b } from '../crds/b.ts';"),
      readModule('src/migrate-command/a.ts', "import { b } from '../alibaba/b.ts';"),
      readModule('src/operator/a.ts', "import { b } from '../program/b.ts';"),
      readModule('src/apply-command/a.ts', "import { b } from '../alibaba/b.ts';"),
      readModule('src/doctor-command/judging/a.ts', "import { b } from '../looking/b.ts';"),
      readModule('src/doctor-command/judging/a.ts', "import { b } from '../../kubernetes/b.ts';"),
      readModule('src/doctor-command/looking/a.ts', "import { b } from '../../controllers/requests/b.ts';"),
      readModule('src/crds/a.ts', "import { b } from '../main.ts';"),
      readModule('src/operator/a.ts', "import { b } from '../plan-command/b.ts';"),
      readModule('src/main.ts', "import { b } from '../simulator/b.ts';"),
      readModule('src/main.ts', "import { b } from '../test/b.ts';"),
      readModule('simulator/a.ts', "import type { B } from '../src/crds/b.ts';"),
      readModule('src/elsewhere/a.ts', ''),
      readModule('src/loose.ts', ''),
    ],
    good: [
      readModule('src/issuing/operations/a.ts', "import { b } from '../../crds/b.ts';"),
      readModule('src/issuing/a.ts', "import { formatMoment } from '../timing/moment.ts';"),
      readModule(
        'src/controllers/requests/a.ts',
        "import type { B } from '../../runtime/b.ts';\nimport { c } from '../../authority/c.ts';\nimport type { D } from '../../alibaba/d.ts';",
      ),
      readModule('src/controllers/issuers/a.ts', "import { c } from '../../alibaba/c.ts';"),
      readModule(
        'src/capacity-command/a.ts',
        "import { b } from '../alibaba/limits/rate-limit.ts';\nimport { c } from '../command-line/flags.ts';",
      ),
      readModule('src/doctor-command/looking/a.ts', "import { b } from '../../alibaba/b.ts';"),
      readModule('src/main.ts', "import { b } from './operator/operator.ts';\nimport { c } from './runtime/c.ts';"),
      readModule('simulator/a.ts', "import { b } from './b.ts';\nimport { c } from 'node:crypto';"),
      readModule('src/alibaba/a.ts', "// import { b } from '../crds/b.ts';"),
    ],
  },
  'rooms have at most 14 files': {
    bad: Array.from({ length: 15 }, (_, index) => readModule(`src/crds/a${index}.ts`, '')),
    good: [
      ...Array.from({ length: 14 }, (_, index) => readModule(`src/crds/a${index}.ts`, '')),
      ...Array.from({ length: 30 }, (_, index) => readModule(`src/kubernetes/a${index}.ts`, '')),
    ],
  },
  'files have at most 300 lines': {
    bad: [readModule('src/crds/a.ts', 'x\n'.repeat(301))],
    good: [readModule('src/crds/a.ts', 'x\n'.repeat(300))],
  },
  'src/issuing is pure': {
    bad: [
      readModule('src/issuing/a.ts', "import { readFileSync } from 'node:fs';"),
      readModule('src/issuing/a.ts', "import { readFile } from 'node:fs/promises';"),
      readModule('src/issuing/a.ts', "import { request } from 'node:http';"),
      readModule('src/issuing/a.ts', "import { pino } from 'pino';"),
      readModule('src/issuing/a.ts', 'const now = Date.now();'),
      readModule('src/issuing/a.ts', 'const now = new Date();'),
      readModule('src/issuing/a.ts', 'const now = performance.now();'),
      readModule('src/issuing/a.ts', 'const one = Math.random();'),
      readModule('src/issuing/a.ts', "const home = process.env['HOME'];"),
      readModule('src/issuing/a.ts', "import { randomBytes } from 'node:crypto';"),
      readModule('src/issuing/a.ts', 'setTimeout(next, 1);'),
      readModule('src/issuing/a.ts', "const b = await import('./b.ts');"),
    ],
    good: [
      readModule('src/issuing/x509/request/second-opinion.ts', "const b = await import('./second-reader.ts');"),
      readModule('src/issuing/a.ts', "import { createHash, X509Certificate } from 'node:crypto';"),
      readModule('src/issuing/a.ts', '// Date.now() is for the caller.\nconst then = new Date(0);'),
      readModule('src/alibaba/a.ts', 'const now = Date.now();'),
    ],
  },
  'time is read in src/timing alone': {
    bad: [
      readModule('src/kubernetes/a.ts', 'const now = Date.now();'),
      readModule('src/kubernetes/a.ts', 'const now = Date.now;'),
      readModule('src/kubernetes/a.ts', 'const now = new Date();'),
      readModule('src/kubernetes/a.ts', 'const now = new Date;'),
      readModule('src/controllers/a.ts', 'const start = performance.now();'),
      readModule('src/controllers/a.ts', 'const start = process.hrtime.bigint();'),
      readModule('src/operator/a.ts', 'const clock = { random: Math.random };'),
      readModule('src/alibaba/a.ts', 'setTimeout(next, 1);'),
      readModule('src/main.ts', 'setInterval(next, 1);'),
      readModule('src/alibaba/a.ts', 'const signal = AbortSignal.timeout(1_000);'),
      readModule('src/runtime/a.ts', "import { setTimeout as sleep } from 'node:timers/promises';"),
      readModule('src/runtime/a.ts', "import { performance as stopwatch } from 'node:perf_hooks';"),
    ],
    good: [
      readModule(
        'src/timing/clock.ts',
        "import { setImmediate } from 'node:timers/promises';\nconst now = Date.now();",
      ),
      readModule('src/runtime/logger.ts', 'const at = new Date();'),
      readModule('src/kubernetes/a.ts', '// Date.now() is for the clock.\nconst then = new Date(text);\nclock.now();'),
      readModule('src/kubernetes/a.ts', "const text = 'performance';\nconst settings = { setTimeoutSeconds: 1 };"),
      readModule('src/kubernetes/a.ts', 'const types: Date[] = []; const at = new DateRange(Date.parse(text));'),
      readModule('simulator/a.ts', 'const now = Date.now();'),
    ],
  },
  '@peculiar/x509 is imported in one file': {
    bad: [
      readModule('src/issuing/a.ts', "import { A } from '@peculiar/x509';"),
      readModule('src/plan-command/b.ts', "import type { B } from '@peculiar/x509';"),
    ],
    good: [
      readModule('src/issuing/a.ts', "import { A } from '@peculiar/x509';\nimport type { B } from '@peculiar/x509';"),
      readModule('src/plan-command/certificate-request-of.ts', "import { A } from '@peculiar/x509';"),
    ],
  },
  'pino is imported in one file': {
    bad: [
      readModule('src/a.ts', "import { A } from 'pino';"),
      readModule('src/b.ts', "import type { B } from 'pino';"),
    ],
    good: [readModule('src/runtime/a.ts', "import { A } from 'pino';")],
  },
  'nothing is exported as default': {
    bad: [
      readModule('src/crds/a.ts', 'export default 1;'),
      readModule('simulator/a.ts', 'const a = 1;\nexport { a as default };'),
    ],
    good: [readModule('src/crds/a.ts', "export const a = 'export default b';")],
  },
};

describe('every rule can fail', () => {
  it.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
    const { bad, good } = probes[name];
    // Most rules are tried on each bad module alone; those about several files at once need all of them.
    const isAboutSeveral = name.endsWith('in one file') || name.startsWith('rooms');
    const groups = isAboutSeveral ? [bad] : bad.map((module) => [module]);
    expect(groups.filter((group) => findViolations(rule, group).length === 0)).toEqual([]);
    expect(findViolations(rule, good)).toEqual([]);
  });

  it('cycles of two, of three, and through types only', () => {
    const two = [
      readModule('src/a.ts', "import { b } from './b.ts';"),
      readModule('src/b.ts', "import { a } from './a.ts';"),
    ];
    const three = [
      readModule('src/a.ts', "import { b } from './x/b.ts';"),
      readModule('src/x/b.ts', "export * from './c.ts';"),
      readModule('src/x/c.ts', "import type { A } from '../a.ts';"),
      readModule('src/d.ts', "import { b } from './x/b.ts';"),
    ];
    expect([findCycles(two), findCycles(three), findCycles(two.slice(0, 1))]).toEqual([
      ['src/a.ts, src/b.ts'],
      ['src/a.ts, src/x/b.ts, src/x/c.ts'],
      [],
    ]);
  });
});
