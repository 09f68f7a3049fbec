// One setting of the executable: its type, and how its value is read from the text of a flag or variable.

/** One row of the table of settings. Durations are written as `500ms`, `30s`, `5m` or `1h` and become milliseconds. */
export interface Setting {
  readonly type: 'text' | 'switch' | 'count' | 'duration' | 'choice' | 'address';
  readonly default: string;
  readonly help: string;
  readonly choices?: readonly string[];
  /** Whether a duration may be 0s, which switches off what it times. */
  readonly mayBeZero?: true;
  /** Whether an address may be empty, which means that nothing is served there. */
  readonly mayBeEmpty?: true;
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** The value that a text stands for; undefined where it does not fit. */
export function readValue(setting: Setting, text: string): string | number | boolean | undefined {
  switch (setting.type) {
    case 'text':
      return text;
    case 'address':
      return isAddress(text, setting.mayBeEmpty === true) ? text : undefined;
    case 'switch':
      return switches.get(text);
    case 'choice':
      return setting.choices?.includes(text) === true ? text : undefined;
    case 'count':
      return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
    case 'duration':
      return readDuration(text, setting.mayBeZero === true);
  }
}

function isAddress(text: string, mayBeEmpty: boolean): boolean {
  if (text === '') return mayBeEmpty;
  const [, port] = /^(?:\[[^\]]+\]|[^:\s]*):(\d{1,5})$/.exec(text) ?? [];
  return port !== undefined && Number(port) <= 65_535;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function readDuration(text: string, mayBeZero: boolean): number | undefined {
  const [, digits, name = ''] = /^(\d{1,7})(ms|s|m|h)$/.exec(text) ?? [];
  const unit = unitMs[name];
  if (unit === undefined) return undefined;
  const ms = Number(digits) * unit;
  return ms === 0 && !mayBeZero ? undefined : ms;
}

/** What a value must be, as the end of a sentence. */
export function expectation(setting: Setting): string {
  switch (setting.type) {
    case 'text':
      return 'a string';
    case 'address':
      return '[host]:port, for example :8080';
    case 'switch':
      return 'true or false';
    case 'choice':
      return `one of ${setting.choices?.join(', ') ?? ''}`;
    case 'count':
      return 'a whole number from 1 to 999999';
    case 'duration':
      return 'a duration such as 500ms, 30s, 5m or 1h';
  }
}
