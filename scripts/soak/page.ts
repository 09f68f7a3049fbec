// docs/soak.md and its plots, from docs/soak.json. Pure.
import { wrap } from '../generate/wrapped-text.ts';
import { chart, colours } from '../plots/chart.ts';
import type { Panel } from '../plots/chart.ts';
import type { Life, Observation, SoakResult } from './result.ts';

/** Page and plot, as content by path relative to the repository; `read` returns the content of such a path. */
export function renderSoak(read: (path: string) => string): Readonly<Record<string, string>> {
  const result = JSON.parse(read('docs/soak.json')) as SoakResult;
  return { 'docs/soak.md': soakPage(result), 'docs/soak.svg': soakPlots(result) };
}

/** The page. */
export function soakPage(result: SoakResult): string {
  const { date, machine, commit, minutes, seed, certificates, faults, ends, done, lives } = result;
  const howOften = countsOf(result.disturbances.map(({ what }) => what));
  return `# Soak

${paragraph(`Written by \`npm run soak\` on ${date}: ${minutes.toFixed(0)} minutes, ${commit}, seed ${seed}, ${machine}. The figures are in
[soak.json](soak.json).`)}

${paragraph(`One driver keeps an API server, cert-manager, the simulator of PCA and the operator busy in rounds: Certificates are renewed,
replaced and deleted, requests come and some of them go at once, and each round is disturbed in another way. After each round
the driver waits until every Certificate is issued and every request has come to an end, and looks at the operator at rest.`)}

## What came of it

| | |
| --- | --: |
| certificates that PCA issued | ${certificates} |
| certificates that were paid twice or that nobody asked for, and requests that failed | ${faults.length} |
| operators that ended by themselves | ${ends.length} |
${table(done)}
${faults.length + ends.length === 0 ? '' : `\n${[...faults, ...ends].map((text) => `- ${text}`).join('\n')}\n`}
## What the operator kept

![memory, descriptors and certificates over the minutes](soak.svg)

${paragraph(`Each row is one process, looked at after its first round and after its last. What is retained is what it refers to after a
collection of garbage, without code; the objects are counted by V8. Resident memory is a slope over the later half of a
process's life, as it is without any forced collection. What is retained grows with the number of certificates as long as
somebody looks for lost ones, which each round has: a list that was read of a CA is kept for ten minutes after the last question.`)}

| process | minutes | certificates | descriptors | handles | retained MiB | ${objectNames(lives).join(' | ')} | resident, MiB an hour |
| --: | --: | --: | --: | --: | --: | ${objectNames(lives)
    .map(() => '--:')
    .join(' | ')} | --: |
${lives.map((life) => row(life, objectNames(lives))).join('\n')}

## What was done to it

| | times |
| --- | --: |
${table(howOften)}
`;
}

function row(life: Life, names: readonly string[]): string {
  const change = ({ first, last }: { readonly first: number; readonly last: number }, digits = 0): string =>
    `${first.toFixed(digits)} → ${last.toFixed(digits)}`;
  const { retained, residentPerHour } = life;
  const cells = [
    String(life.life),
    life.minutes.toFixed(0),
    String(life.certificates),
    change(life.descriptors),
    change(life.resources),
    change({ first: retained.first.mebibytes, last: retained.last.mebibytes }, 1),
    ...names.map((name) =>
      change({ first: retained.first.objects[name] ?? 0, last: retained.last.objects[name] ?? 0 }),
    ),
    residentPerHour === undefined ? '–' : residentPerHour.toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

function objectNames([life]: readonly Life[]): readonly string[] {
  return Object.keys(life?.retained.first.objects ?? {});
}

/** The plots. */
export function soakPlots({ observations, minutes }: Pick<SoakResult, 'observations' | 'minutes'>): string {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => ({
    at: share * minutes,
    label: `${(share * minutes).toFixed(0)} min`,
  }));
  const lives = [...new Set(observations.map(({ life }) => life))];
  const panel = (title: string, of: (observation: Observation) => number): Panel => ({
    kind: 'lines',
    title,
    end: minutes,
    ticks,
    lines: lives.map((life, index) => ({
      colour: index % 2 === 0 ? colours.green : colours.blue,
      points: observations.filter((each) => each.life === life).map((each) => [each.minute, of(each)] as const),
    })),
  });
  return chart(
    [
      panel('resident MiB', ({ resident }) => resident),
      panel('descriptors', ({ descriptors }) => descriptors),
      panel('certificates that PCA issued', ({ issued }) => issued),
    ],
    [{ name: 'each line is one process of the operator', colour: colours.green }],
  );
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function table(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `| ${what} | ${count} |`)
    .join('\n');
}

function paragraph(text: string): string {
  return wrap(text.replaceAll(/\s+/g, ' '), 120).join('\n');
}
