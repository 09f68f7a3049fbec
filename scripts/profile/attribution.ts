// To whom the time and the memory of a profile belong: a room of ours, a library, Node itself or the collector of garbage. Pure.

/** Where a function begins in the file that was run; lines and columns from 0. */
export interface CallFrame {
  readonly functionName: string;
  /** A `file:` URL, `node:…`, or empty for native code. */
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A function as it was called from another; `weight` is what it took itself, in any unit. */
export interface ProfileNode {
  readonly frame: CallFrame;
  readonly weight: number;
  readonly children: readonly ProfileNode[];
}

/** Answers the source file of a place in the bundle, as its source map has it; undefined where it has none. */
export type FindSource = (frame: CallFrame) => string | undefined;

/** What belongs to one owner. */
export interface Share {
  readonly owner: string;
  /** What its own functions took. */
  readonly self: number;
  /** The same, and what libraries and Node took when it had called them. */
  readonly caused: number;
}

/** Owners that are no file. */
export const owners = {
  garbage: 'garbage collection',
  node: 'Node',
  native: "V8's and Node's native code",
  webAssembly: 'WebAssembly',
  bundle: 'bundle, not in its source map',
} as const;

const idle = ['(idle)', '(root)'];
const roomDepth: Readonly<Record<string, number>> = { controllers: 2 };

/** Shares of all owners, the largest first; what was idle belongs to nobody. */
export function sharesOf(root: ProfileNode, findSource: FindSource): readonly Share[] {
  const self = new Map<string, number>();
  const caused = new Map<string, number>();
  const add = (to: Map<string, number>, owner: string, weight: number): void => {
    to.set(owner, (to.get(owner) ?? 0) + weight);
  };
  const walk = (node: ProfileNode, cause: string | undefined): void => {
    const owner = ownerOf(node.frame, findSource);
    const ours = isRoom(owner) ? owner : cause;
    if (!idle.includes(node.frame.functionName)) {
      add(self, owner, node.weight);
      add(caused, ours ?? owner, node.weight);
    }
    for (const child of node.children) walk(child, ours);
  };
  walk(root, undefined);
  const names = new Set([...self.keys(), ...caused.keys()]);
  return [...names]
    .map((owner) => ({ owner, self: self.get(owner) ?? 0, caused: caused.get(owner) ?? 0 }))
    .sort((one, other) => other.self - one.self);
}

/** Functions by what they took themselves, the largest first; those of one name in one file are taken together. */
export function functionsOf(
  root: ProfileNode,
  findSource: FindSource,
): readonly { readonly name: string; readonly self: number }[] {
  const self = new Map<string, number>();
  const walk = ({ frame, weight, children }: ProfileNode): void => {
    if (!idle.includes(frame.functionName) && weight > 0) {
      const name =
        `${frame.functionName === '' ? '(anonymous)' : frame.functionName} ${fileOf(frame, findSource)}`.trim();
      self.set(name, (self.get(name) ?? 0) + weight);
    }
    children.forEach(walk);
  };
  walk(root);
  return [...self].map(([name, weight]) => ({ name, self: weight })).sort((one, other) => other.self - one.self);
}

/** Whom a function belongs to. */
export function ownerOf(frame: CallFrame, findSource: FindSource): string {
  if (frame.functionName === '(garbage collector)') return owners.garbage;
  if (frame.url.startsWith('node:')) return owners.node;
  if (frame.url.startsWith('wasm:')) return owners.webAssembly;
  if (!frame.url.startsWith('file:')) return owners.native;
  const source = findSource(frame);
  return source === undefined ? owners.bundle : ownerOfSource(source);
}

/** `src/controllers/requests` or `src/alibaba` for our sources, the package's name for a library. */
export function ownerOfSource(source: string): string {
  const inPackages = source.lastIndexOf('node_modules/');
  if (inPackages !== -1) {
    const [first = '', second = ''] = source.slice(inPackages + 'node_modules/'.length).split('/');
    return first.startsWith('@') ? `${first}/${second}` : first;
  }
  const [, path = ''] = /(?:^|\/)(src\/.*)$/.exec(source) ?? [];
  const folders = path.split('/').slice(0, -1);
  const depth = 1 + (roomDepth[folders[1] ?? ''] ?? 1);
  return path === '' ? owners.bundle : folders.slice(0, depth).join('/');
}

function isRoom(owner: string): boolean {
  return owner === 'src' || owner.startsWith('src/');
}

function fileOf(frame: CallFrame, findSource: FindSource): string {
  if (!frame.url.startsWith('file:')) return frame.url;
  const source = findSource(frame) ?? '';
  return source.replace(/^.*?(?=(?:node_modules|src)\/)/, '');
}
