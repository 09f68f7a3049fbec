// The port to the cloud: the one thing that controllers ask of it.
import type { PcaOutcome } from '../alibaba/pca-client.ts';
import type { IssueCall } from '../issuing/operation.ts';

/** Makes one call; `PcaClient` is one. */
export interface PcaCaller {
  call(call: IssueCall, options: { readonly signal: AbortSignal }): Promise<PcaOutcome>;
}
