// Traces of requests, where the options ask for them; nothing of it is loaded where they do not.
import type { EndObserver, StepObserver } from '../controllers/requests/signing/steps.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Options } from '../runtime/options.ts';
import { productVersion, userAgent } from '../runtime/version.ts';
import type { Clock } from '../timing/clock.ts';

/** What observes requests. */
export interface Observers {
  readonly onStep: StepObserver;
  readonly onEnd?: EndObserver | undefined;
  /** Sends what is left. */
  readonly close: () => Promise<void>;
}

/** What traces are made with. */
export interface TracesParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly clock: Clock;
  /** Observes the steps as well, and may hold them. */
  readonly onStep: StepObserver;
}

/** Opens what the options ask for; rejects with what is wrong with a variable of the environment. */
export async function openTraces({ tracing: isOn }: Pick<Options, 'tracing'>, parts: TracesParts): Promise<Observers> {
  const { environment, metrics, logger, clock, onStep } = parts;
  const none = { onStep, close: async () => Promise.resolve() };
  if (!isOn) return none;
  const { readTraceSettings } = await import('../tracing/settings.ts');
  const read = readTraceSettings(environment, productVersion);
  if (read.kind === 'invalid') throw new Error(read.message);
  if (read.kind === 'off') return none;
  const { settings } = read;
  const { openTracing } = await import('../tracing/tracing.ts');
  const tracing = openTracing({
    settings,
    version: productVersion,
    userAgent,
    clock,
    onSpans: (result, count) => metrics.count('pca_issuer_trace_spans_total', { result }, count),
    onTrouble: (message) => {
      if (message === undefined) logger.info({}, 'Traces are sent again.');
      else logger.warn({}, `Traces are not sent, and tried again automatically: ${message}`);
    },
  });
  // Of a URL the origin and the path: there may be a secret in the rest.
  logger.info({ server: `${settings.url.origin}${settings.url.pathname}` }, 'Traces of requests are sent.');
  return {
    onStep: async (step, uid, answered) => {
      tracing.onStep(step, uid, answered);
      await onStep(step, uid, answered);
    },
    onEnd: tracing.onEnd,
    close: tracing.close,
  };
}
