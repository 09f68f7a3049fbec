// The doctor on a real control plane: nothing to say where all is well, and the cause of each kind of broken set-up.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seenFile, steady, writeSeen } from './breakage.ts';
import type { Breakage, Saying, Seen } from './breakage.ts';
import { clusterBreakages } from './cluster-breakages.ts';
import { issuerBreakages } from './issuer-breakages.ts';
import { applyMesh, istiod, meshBreakages } from './mesh-breakages.ts';
import { writePage } from './page.ts';
import { requestBreakages } from './request-breakages.ts';
import { canaries, documentedRole, Scene, shop } from './scene.ts';

const isUpdate = process.env['UPDATE_DOCTOR'] === '1';
const recorded = isUpdate ? {} : (JSON.parse(readFileSync(seenFile, 'utf8')) as Seen);
const seen: Record<string, Saying> = {};
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterAll(async () => {
  if (isUpdate) {
    writeSeen(seen);
    writePage(seen);
  }
  await scene.stop();
});

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly about: string;
  readonly found: string;
  readonly todo: string;
}

const levels = ['error', 'unknown', 'warning'];

/** What is to be mended, in the order of the table. */
function troublesIn(out: string): readonly Finding[] {
  const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
  return levels.flatMap((level) => findings.filter((finding) => finding.level === level));
}

/** The first thing that is said, and all of it as one text. */
function sayingOf(out: string, isRequest: boolean): { readonly saying: Saying; readonly text: string } {
  if (isRequest) {
    const { request, approval, issuer, state, todo } = JSON.parse(out) as Readonly<Record<string, string>>;
    const saying = { by: '--request', level: 'error', about: request ?? '', found: state ?? '', todo: todo ?? '' };
    return { saying, text: [approval, issuer, state, todo].join('\n') };
  }
  const [first] = troublesIn(out);
  if (first === undefined) throw new Error('The doctor had nothing to say.');
  const { check, level, about, found, todo } = first;
  return { saying: { by: check, level, about, found, todo }, text: found };
}

async function examine({ name, apply, cause }: Breakage): Promise<void> {
  const { args = [], environment = {}, undo } = await apply(scene);
  try {
    const { code, out, err } = await scene.doctor([...args, '-o', 'json'], { environment });
    const isRequest = args.some((argument) => argument.startsWith('--request'));
    const { saying, text } = sayingOf(out, isRequest);
    expect({ err, text }).toEqual({ err: '', text: expect.stringMatching(cause) as string });
    expect(code).toBe(saying.level === 'error' ? 3 : 0);
    seen[name] = Object.fromEntries(
      Object.entries(saying).map(([field, words]) => [field, steady(words)]),
    ) as unknown as Saying;
    if (!isUpdate) expect(seen[name]).toEqual(recorded[name]);
  } finally {
    await undo?.();
  }
}

const each = (breakages: readonly Breakage[]): readonly (readonly [string, Breakage])[] =>
  breakages.map((breakage) => [breakage.name, breakage]);

describe('the doctor', () => {
  it('has nothing to say where all is well, and needs no right but those to read and to ask about rights', async () => {
    const kubeconfig = await scene.kubeconfigOf('doctor', await documentedRole());
    for (const args of [[], ['--with-credentials'], ['--issuer', `${shop}/pca`]]) {
      const { code, out, err } = await scene.doctor([...args, '-o', 'json'], { kubeconfig });
      expect({ args, code, err, troubles: troublesIn(out) }).toEqual({ args, code: 0, err: '', troubles: [] });
    }
    const { code, out } = await scene.doctor(['--request', `${shop}/web`]);
    expect({ code, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 5 });
  });

  it("has nothing to say in the operator's place, with its rights, its credentials and its metrics", async () => {
    const { code, out, err } = await scene.doctorInPod();
    expect({ code, err, troubles: troublesIn(out) }).toEqual({ code: 0, err: '', troubles: [] });
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
    expect(findings.find(({ check }) => check === 'call-limit')?.found).toMatch(/^No request waits for any of [1-9]/);
  });

  it.each(each(clusterBreakages))('names the cause: %s', async (_name, breakage) => examine(breakage));
  it.each(each(issuerBreakages))('names the cause: %s', async (_name, breakage) => examine(breakage));
  it.each(each(requestBreakages))('names the cause: %s', async (_name, breakage) => examine(breakage));

  describe('of a mesh', () => {
    beforeAll(async () => applyMesh(scene));
    afterAll(async () => scene.cluster.delete(istiod));

    it('has nothing to say where roots, lifetimes and rights fit', async () => {
      const { code, out } = await scene.doctor(['-o', 'json']);
      expect({ code, troubles: troublesIn(out) }).toEqual({ code: 0, troubles: [] });
    });

    it.each(each(meshBreakages))('names the cause: %s', async (_name, breakage) => examine(breakage));
  });

  it('says which rights are missing where it may read nothing, and does not crash', async () => {
    const kubeconfig = await scene.kubeconfigOf('nobody');
    const { code, out, err } = await scene.doctor(['-o', 'json'], { kubeconfig });
    const hidden = troublesIn(out);
    expect({ code, err, levels: new Set(hidden.map(({ level }) => level)) }).toEqual({
      code: 2,
      err: '',
      levels: new Set(['unknown']),
    });
    expect(hidden.map(({ found }) => found)).toEqual(
      expect.arrayContaining([
        'It may not be read: the right to list deployments (apps) is missing.',
        'It may not be read: the right to list alibabapcaissuers (pca.alibabacloud.com) is missing.',
        'It may not be read: the right to list certificaterequests (cert-manager.io) is missing.',
      ]),
    );
  });

  it('ends with 2 and one sentence where no API server answers', async () => {
    const { code, out, err } = await scene.doctor(['--kubeconfig=/nowhere/kubeconfig']);
    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: "alibaba-pca-issuer doctor: The kubeconfig /nowhere/kubeconfig cannot be read (ENOENT). Check --kubeconfig (PCA_ISSUER_KUBECONFIG) and the file's permissions.\n",
    });
  });

  it('has shown nothing of a credential', async () => {
    const { accessKeyId, accessKeySecret } = scene.world.simulator.accessKey;
    const said = scene.said.join('\n');
    const shown = [...Object.values(canaries), accessKeyId, accessKeySecret].filter((secret) => said.includes(secret));
    // Every token of the API server begins so, that of a kubeconfig as well.
    const tokens = said.match(/eyJhbGciOi/g);
    expect({ shown, tokens, runs: scene.said.length > 40 }).toEqual({ shown: [], tokens: null, runs: true });
  });
});
