// Loaded into the operator's process before its own code: the wall clock is off, and SIGUSR2 lets three minutes pass.
const off = Number(process.env['WRONG_CLOCK_MILLISECONDS'] ?? '0');
const jump = 3 * 60_000;

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given: readonly unknown[]) {
    super(...((given.length === 0 ? [RealDate.now() + off] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + off;
  }
} as DateConstructor;

const realNow = performance.now.bind(performance);
let passed = 0;
performance.now = () => realNow() + passed;
process.on('SIGUSR2', () => {
  passed += jump;
});
