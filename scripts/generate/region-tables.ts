// The hosts of PCA by region, for docs/networks.md.
import { hostsOf, regions } from '../../src/alibaba/regions.ts';
import { markdownTable } from './generated-section.ts';

const code = (text: string | undefined): string => (text === undefined ? '–' : `\`${text}\``);
const sources = { Documentation: "PCA's documentation", SDK: "the SDK's map" } as const;
const central = hostsOf('cn-hangzhou').public;

/** One row for each region with hosts of its own, one for those that share the central host, one for all others. */
export function regionsTable(): string {
  const all = [...regions];
  const isOwn = ([, hosts]: (typeof all)[number]): boolean => hosts.vpc !== undefined || hosts.public !== central;
  const others = all.filter((region) => !isOwn(region)).map(([region]) => region);
  const unknown = hostsOf('REGION');
  return markdownTable(
    ['region', '`network: Public`', '`network: VPC`', 'source'],
    [
      ...all
        .filter(isOwn)
        .map(([region, hosts]) => [code(region), code(hosts.public), code(hosts.vpc), sources[hosts.source]]),
      [others.map(code).join(' '), code(central), '–', sources.SDK],
      ['any other', code(unknown.public), code(unknown.vpc), "the SDK's rule for regions that its map lacks"],
    ],
  );
}

/** The regions for which the two sources contradict each other. */
export function contradictionsTable(): string {
  return markdownTable(
    ['region', "PCA's documentation", "the SDK's map", 'called'],
    [...regions].flatMap(([region, hosts]) =>
      hosts.contradicted === undefined
        ? []
        : [[code(region), `${code(hosts.public)}, ${code(hosts.vpc)}`, code(hosts.contradicted), code(hosts.public)]],
    ),
  );
}
