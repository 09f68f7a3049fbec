// What a case of a broken set-up is, and how it is shown.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { issuerApiVersion, secret } from '../../support/world.ts';
import type { Scene } from './scene.ts';
import { shop } from './scene.ts';

/** One kind of broken set-up. */
export interface Breakage {
  /** What is broken, in a few words. */
  readonly name: string;
  /** Breaks it; answers how to run the doctor, and what makes it whole again. */
  readonly apply: (scene: Scene) => Promise<{
    readonly args?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly undo?: () => Promise<void>;
  }>;
  /** Words that name the cause, which the doctor must find. */
  readonly cause: RegExp;
}

/** What the doctor said of a case: its first finding, or of a request the lines that say what is so and what to do. */
export interface Saying {
  readonly by: string;
  readonly level: string;
  readonly about: string;
  readonly found: string;
  readonly todo: string;
}

/** What a run showed, by the names of the cases. */
export type Seen = Readonly<Record<string, Saying>>;

/** The file with what the last recorded run showed. */
export const seenFile = fileURLToPath(new URL('seen.json', import.meta.url));

/** Records a run. */
export function writeSeen(seen: Seen): void {
  writeFileSync(seenFile, `${JSON.stringify(seen, undefined, 2)}\n`);
}

/** What changes from run to run, in capitals. */
export function steady(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, 'UUID')
    .replaceAll(/[0-9A-F]{2}(?::[0-9A-F]{2}){31}/g, 'FINGERPRINT')
    .replaceAll(/\bEAI_AGAIN\b|\bENOTFOUND\b/g, 'ENOTFOUND');
}

const issuerKind = { apiVersion: issuerApiVersion, kind: 'AlibabaPCAIssuer' } as const;

/** An issuer with this spec, which does not become ready; `secrets` are made for it. */
export function brokenIssuer(
  name: string,
  spec: (scene: Scene) => Readonly<Record<string, unknown>>,
  key?: { readonly accessKeyId: string; readonly accessKeySecret: string },
): Breakage['apply'] {
  return async (scene) => {
    const { cluster, world } = scene;
    const reference = { ...issuerKind, namespace: shop, name };
    await cluster.apply([
      ...(key === undefined ? [] : [secret(shop, name, key)]),
      world.issuer(shop, name, spec(scene)),
    ]);
    await cluster.waitForCondition(reference, { type: 'Ready', status: 'False' });
    return { args: [`--issuer=${shop}/${name}`], undo: async () => cluster.delete(reference) };
  };
}

/** An issuer with this spec that is ready all the same. */
export function readyIssuer(name: string, spec: Readonly<Record<string, unknown>>): Breakage['apply'] {
  return async ({ cluster, world }) => {
    const reference = { ...issuerKind, namespace: shop, name };
    await cluster.apply(world.issuer(shop, name, spec));
    await cluster.waitForCondition(reference, { type: 'Ready', status: 'True' });
    return { args: [`--issuer=${shop}/${name}`], undo: async () => cluster.delete(reference) };
  };
}
