// Everything that requests are the cause of, in the order in which it happens: writes, events, log lines, counters.
import type { EventToRecord } from '../../../../src/kubernetes/events.ts';
import type { Logger, LogMethod } from '../../../../src/runtime/logger.ts';
import type { Metrics } from '../../../../src/runtime/metrics.ts';

export class Journal {
  readonly #entries: object[] = [];

  readonly events = { record: (event: EventToRecord): void => this.add({ event }) };

  readonly logger: Logger = {
    debug: this.#log('debug'),
    info: this.#log('info'),
    warn: this.#log('warn'),
    error: this.#log('error'),
  };

  readonly metrics: Metrics = {
    count: (name, labels) => this.add({ count: name, labels }),
    set: () => {},
    remove: () => {},
    observe: (name, labels, seconds) => this.add({ observe: name, labels, seconds }),
    beforeRender: () => {},
    render: async () => ({ contentType: '', text: '' }),
  };

  add(entry: object): void {
    this.#entries.push(entry);
  }

  /** What came since it was last read. */
  read(): readonly object[] {
    return this.#entries.splice(0);
  }

  #log(level: keyof Logger): LogMethod {
    return (fields, message) => this.add({ log: level, fields, message });
  }
}
