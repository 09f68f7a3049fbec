// Traces of the process: loaded only where they are switched on.
import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import type { End } from '../controllers/requests/decision.ts';
import type { Request, WriteOutcome } from '../controllers/requests/kinds/request.ts';
import type { Answered, IssuingStep } from '../controllers/requests/signing/steps.ts';
import { exchange } from '../http/exchange.ts';
import type { Clock } from '../timing/clock.ts';
import { startDeadline } from '../timing/deadline.ts';
import { SpanExporter } from './exporter.ts';
import type { ExporterParts, Sent } from './exporter.ts';
import { RequestTraces } from './request-traces.ts';
import type { TraceSettings } from './settings.ts';
import { exportRequest } from './span.ts';

/** What is observed. */
export interface Tracing {
  readonly onStep: (step: IssuingStep, uid: string, answered?: Answered) => void;
  readonly onEnd: (request: Request, end: End, written: Exclude<WriteOutcome['kind'], 'failed'>) => void;
  /** Sends what is left. */
  readonly close: () => Promise<void>;
}

/** What tracing works with. */
export interface TracingParts extends Pick<ExporterParts, 'onSpans' | 'onTrouble' | 'delayMs'> {
  readonly settings: TraceSettings;
  readonly version: string;
  readonly userAgent: string;
  readonly clock: Clock;
}

const largestAnswerBytes = 64 * 1_024;
// What the specification of OTLP calls retryable.
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const sampled = 2 ** 32;

/** Opens the way to the receiver; throws where the file of its CA cannot be read. */
export function openTracing(parts: TracingParts): Tracing {
  const { settings, clock, version } = parts;
  const ca = settings.certificateFile === undefined ? {} : { ca: readFileSync(settings.certificateFile, 'utf8') };
  const agent = new Agent({ connections: 1, connect: { ...ca, timeout: settings.timeoutMs } });
  const exporter = new SpanExporter({
    ...parts,
    send: async (spans) => send(agent, exportRequest(settings.resource, version, spans), parts),
  });
  const traces = new RequestTraces({
    clock,
    take: (spans) => exporter.take(spans),
    // The last digits of an identifier are random.
    samples: (traceId) => Number.parseInt(traceId.slice(-8), 16) < settings.share * sampled,
  });
  return {
    onStep: (step, uid, answered) => traces.step(step, uid, answered),
    onEnd: (request, end, written) => traces.end(request, end, written),
    close: async () => {
      await exporter.close();
      await agent.destroy();
    },
  };
}

async function send(agent: Agent, body: string, { settings, userAgent, clock }: TracingParts): Promise<Sent> {
  const { url, headers, timeoutMs } = settings;
  using deadline = startDeadline(timeoutMs, undefined, clock);
  try {
    const answer = await exchange(
      agent,
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': userAgent },
        body,
      },
      { signal: deadline.signal, largestBytes: () => largestAnswerBytes, isKept: () => false },
    );
    if (answer.status >= 200 && answer.status < 300) return { kind: 'ok' };
    const message = `the receiver answers with status ${answer.status}.`;
    return { kind: passing.has(answer.status) ? 'again' : 'refused', message };
  } catch (error) {
    const reason = deadline.state() === 'expired' ? `no answer within ${timeoutMs} ms` : networkReason(error);
    return { kind: 'again', message: `the receiver is not reached: ${reason}.` };
  }
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
