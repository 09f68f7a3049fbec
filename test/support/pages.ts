// The fenced blocks of a page, and the commands in them that cannot run in a test, each with a check of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** One fenced block; `language` is empty where the fence names none. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** All fenced blocks of a page, also those in a list, without their indentation. */
export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', language = '', text = '']) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The commands of a block, lines that are continued as one, without prompts; of one with prompts, no output. */
export function commandsOf({ text }: Block): readonly string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  const prompted = lines.some((line) => line.startsWith('$ '));
  return lines
    .filter((line) => (prompted ? line.startsWith('$ ') : line !== ''))
    .map((line) => line.replace(/^\$ /, ''));
}

const packageJson = JSON.parse(read('package.json')) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};
const archive = `dist/image/alibaba-pca-issuer-${packageJson.version}.tar`;
const reference = `REGISTRY/alibaba-pca-issuer:${packageJson.version}`;

/** Commands that need Docker, a registry, the Internet or minutes: what they start with, and what has to be so for them. */
const elsewhere: readonly (readonly [begin: string, fault: (command: string) => string | undefined])[] = [
  [
    'docker build ',
    (command) => {
      const known = [...read('Dockerfile').matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);
      const given = [...command.matchAll(/--build-arg (\w+)=/g)].map(([, name]) => name);
      const unknown = given.find((name) => !known.includes(name));
      if (unknown !== undefined) return `the Dockerfile has no argument ${unknown}`;
      return command.includes(`-t ${reference}`) && command.endsWith(' .') ? undefined : 'another name or folder';
    },
  ],
  [
    'docker buildx build ',
    (command) => mentions(command, '--platform linux/amd64,linux/arm64 ', `-t ${reference}`, '--push .'),
  ],
  ['docker push ', (command) => (command === `docker push ${reference}` ? undefined : 'another name')],
  [
    'npm run ',
    (command) =>
      command.slice('npm run '.length) in packageJson.scripts ? undefined : 'package.json has no such script',
  ],
  ['skopeo copy ', (command) => mentions(command, archive, reference)],
  ['mkdir -p dist/image/', (command) => mentions(command, archive)],
  ['velero ', (command) => mentions(command, '--exclude-resources certificaterequests.cert-manager.io')],
  ['cmctl renew ', (command) => (command === 'cmctl renew --all -n shop' ? undefined : 'another namespace')],
  ['crane push ', (command) => mentions(command, 'dist/image/layout', reference)],
];

function mentions(command: string, ...words: readonly string[]): string | undefined {
  const missing = words.find((word) => !command.includes(word));
  return missing === undefined ? undefined : `${missing} is not in it`;
}

/** Whether a command cannot run in a test, and what is wrong with it all the same: `run` if it can. */
export function judge(command: string): 'run' | 'elsewhere' | { readonly fault: string } {
  const rule = elsewhere.find(([begin]) => command.startsWith(begin));
  if (rule === undefined) return 'run';
  const fault = rule[1](command);
  return fault === undefined ? 'elsewhere' : { fault };
}
