// The hosts of PCA by region, for docs/networks.md and its translation.
import { hostsOf, regions } from '../../src/alibaba/regions.ts';
import { markdownTable } from './generated-section.ts';

const code = (text: string | undefined): string => (text === undefined ? '–' : `\`${text}\``);
const central = hostsOf('cn-hangzhou').public;

interface RegionWords {
  readonly region: string;
  readonly Documentation: string;
  readonly SDK: string;
  readonly source: string;
  readonly other: string;
  readonly rule: string;
  readonly called: string;
}

/** What the tables say, by language. */
export const regionWords = {
  English: {
    region: 'region',
    Documentation: "PCA's documentation",
    SDK: "the SDK's map",
    source: 'source',
    other: 'any other',
    rule: "the SDK's rule for regions that its map lacks",
    called: 'called',
  },
  Chinese: {
    region: '地域',
    Documentation: 'PCA 文档',
    SDK: 'SDK 的地域表',
    source: '来源',
    other: '其他',
    rule: 'SDK 对其地域表之外的地域的规则',
    called: '实际调用',
  },
} as const satisfies Readonly<Record<string, RegionWords>>;

/** One row for each region with hosts of its own, one for those that share the central host, one for all others. */
export function regionsTable(words: RegionWords): string {
  const all = [...regions];
  const isOwn = ([, hosts]: (typeof all)[number]): boolean => hosts.vpc !== undefined || hosts.public !== central;
  const others = all.filter((region) => !isOwn(region)).map(([region]) => region);
  const unknown = hostsOf('REGION');
  return markdownTable(
    [words.region, '`network: Public`', '`network: VPC`', words.source],
    [
      ...all
        .filter(isOwn)
        .map(([region, hosts]) => [code(region), code(hosts.public), code(hosts.vpc), words[hosts.source]]),
      [others.map(code).join(' '), code(central), '–', words.SDK],
      [words.other, code(unknown.public), code(unknown.vpc), words.rule],
    ],
  );
}

/** The regions for which the two sources contradict each other. */
export function contradictionsTable(words: RegionWords): string {
  return markdownTable(
    [words.region, words.Documentation, words.SDK, words.called],
    [...regions].flatMap(([region, hosts]) =>
      hosts.contradicted === undefined
        ? []
        : [[code(region), `${code(hosts.public)}, ${code(hosts.vpc)}`, code(hosts.contradicted), code(hosts.public)]],
    ),
  );
}
