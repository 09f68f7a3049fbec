// Profiles as V8 gives them, as trees of weights. Pure.
import type { CallFrame, ProfileNode } from './attribution.ts';

/** A CPU profile (`Profiler.Profile` of the DevTools protocol); times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A heap profile (`HeapProfiler.SamplingHeapProfile`); sizes are bytes. */
export interface HeapProfile {
  readonly head: HeapNode;
}

interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** A tree of microseconds: each sample lasted until the next one. */
export function readCpuProfile({ nodes, samples, timeDeltas }: CpuProfile): ProfileNode {
  const weights = new Map<number, number>();
  for (const [index, id] of samples.entries())
    weights.set(id, (weights.get(id) ?? 0) + Math.max(0, timeDeltas[index + 1] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const read = (id: number): ProfileNode => {
    const node = byId.get(id);
    if (node === undefined) throw new Error(`The profile has no node ${id}.`);
    return { frame: node.callFrame, weight: weights.get(id) ?? 0, children: (node.children ?? []).map(read) };
  };
  return read(nodes[0]?.id ?? 0);
}

/** A tree of bytes that were allocated. */
export function readHeapProfile({ head }: HeapProfile): ProfileNode {
  const read = ({ callFrame, selfSize, children }: HeapNode): ProfileNode => ({
    frame: callFrame,
    weight: selfSize,
    children: children.map(read),
  });
  return read(head);
}
