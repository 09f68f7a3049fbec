// What `alibaba-pca-issuer` is for and what can be said to it, and to each of its subcommands. Without any package.
import { capacityManual } from '../capacity-command/manual.ts';
import type { Flag, Flags, Manual } from '../command-line/flags.ts';
import { doctorManual } from '../doctor-command/manual.ts';
import { migrateManual } from '../migrate-command/manual.ts';
import { planManual } from '../plan-command/manual.ts';
import { environmentName, settings } from '../runtime/options.ts';
import type { Setting } from '../runtime/setting.ts';

/** The shells that have a completion. */
export const completionShells = ['bash', 'zsh', 'fish'] as const;

const completionManual = {
  command: 'alibaba-pca-issuer completion',
  summary: 'Writes a script with which a shell completes this command line',
  flags: {},
  rest: `the shell: ${completionShells.join(', ')}`,
  examples: {
    'source <(alibaba-pca-issuer completion bash)': 'in ~/.bashrc',
    'source <(alibaba-pca-issuer completion zsh)': 'in ~/.zshrc, after compinit',
    'alibaba-pca-issuer completion fish | source': 'in config.fish',
  },
  exitCodes: { 0: 'the script was written', 2: 'wrong usage' },
} as const satisfies Manual;

/** The subcommands for people, by name; without one, the operator runs. */
export const subcommands = {
  plan: planManual,
  doctor: doctorManual,
  capacity: capacityManual,
  migrate: migrateManual,
  completion: completionManual,
} as const satisfies Readonly<Record<string, Manual>>;

/** The word that stands for no subcommand. */
export const runWord = 'run';

/** The manual of the operator itself. */
export const operatorManual = {
  command: 'alibaba-pca-issuer',
  summary: 'Runs the cert-manager issuer for Alibaba Cloud Private CA',
  flags: {
    ...(Object.fromEntries(
      Object.entries<Setting>(settings).map(([name, setting]) => [name, flagOf(name, setting)]),
    ) as {
      readonly [Name in keyof typeof settings]: Flag;
    }),
    version: { kind: 'switch', help: 'show the version' },
  },
  lists: {
    Subcommands: {
      [runWord]: 'the same as without a subcommand: runs the operator',
      ...Object.fromEntries(
        Object.entries<Manual>(subcommands).map(([name, { summary }]) => [
          name,
          `${summary.charAt(0).toLowerCase()}${summary.slice(1)}; see ${name} --help`,
        ]),
      ),
    },
  },
  exitCodes: {
    0: 'stopped as asked',
    1: 'cannot run, lost the Lease, or failed',
    2: 'wrong flags',
  },
} as const satisfies Manual & { readonly flags: Flags };

/** A setting as a flag of the command line. */
function flagOf(name: string, setting: Setting): Flag {
  const help = `${setting.help} Environment: ${environmentName(name)}.`;
  if (setting.choices !== undefined)
    return { kind: 'choice', choices: setting.choices, default: setting.default, help };
  return { kind: 'text', value: setting.type, default: setting.default, help };
}
