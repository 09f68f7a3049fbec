// How the image runs the operator, from its Dockerfile, so that what is measured is what is shipped. Pure.

/** Node's flags and the environment that an image sets. */
export interface ImageSettings {
  readonly nodeFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

// The chart's limit. Outside a container Node would take the share of the whole machine.
const containerMebibytes = 512;
const share = /^--max-old-space-size-percentage=(\d+)$/;

/** Reads the last stage of a Dockerfile; throws when its entry point is not Node with a script. */
export function imageSettings(dockerfile: string): ImageSettings {
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const [, json = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(stage) ?? [];
  const [node, ...rest] = JSON.parse(json) as readonly string[];
  if (node?.endsWith('/node') !== true) throw new Error(`The image's entry point is not Node: ${json}`);
  const variables = [...stage.matchAll(/^ENV (\w+)=(.*)$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  return {
    nodeFlags: rest.slice(0, -1).map((flag) => {
      const percent = share.exec(flag)?.[1];
      return percent === undefined
        ? flag
        : `--max-old-space-size=${Math.floor((Number(percent) * containerMebibytes) / 100)}`;
    }),
    // What is left to the build is no setting of the process.
    environment: Object.fromEntries(variables.filter(([, value]) => !value.includes('$'))),
  };
}
