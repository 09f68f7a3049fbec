// Refusals in Alibaba's manner: HTTP status, Code and Message; most are 400, regardless of the cause.
/** One refusal. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly accessDeniedDetail?: Readonly<Record<string, string>>;
}

/** A refusal; the status is 400 unless told otherwise. */
export function problem(code: string, message: string, status = 400): Problem {
  return { status, code, message };
}

/** The body of an error answer. */
export function problemBody(problem: Problem, requestId: string, host: string): Record<string, unknown> {
  return {
    RequestId: requestId,
    HostId: host,
    Code: problem.code,
    Message: problem.message,
    Recommend: `https://error-center.simulator.example/${encodeURIComponent(problem.code)}`,
    ...(problem.accessDeniedDetail === undefined ? {} : { AccessDeniedDetail: problem.accessDeniedDetail }),
  };
}
