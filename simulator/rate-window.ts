// Alibaba's limit as seen from outside: so many calls of an action in a second, the rest refused.
/** Counts calls per action in windows of one second; `now` is in milliseconds. */
export class RateWindow {
  readonly #windows = new Map<string, { second: number; calls: number }>();

  /** Whether a call of `action` is within `perSecond`; 0 is no limit. */
  admits(action: string, perSecond: number, now: number): boolean {
    if (perSecond === 0) return true;
    const second = Math.floor(now / 1_000);
    const window = this.#windows.get(action);
    if (window?.second !== second) {
      this.#windows.set(action, { second, calls: 1 });
      return true;
    }
    window.calls += 1;
    return window.calls <= perSecond;
  }
}
