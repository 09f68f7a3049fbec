import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { imageSettings } from '../../../../scripts/bench/contestants/image-settings.ts';
import { readIssuer } from '../../../../scripts/bench/contestants/peer.ts';
import { operatorImage } from '../../../../scripts/image/images.ts';

describe('imageSettings', () => {
  it('are those of the last stage, with the memory of a container', () => {
    const dockerfile = `FROM node AS build
ENV OF_THE_BUILD=1
RUN npm run build

FROM distroless
ARG REVISION=unknown
ENV A=1
ENV B=two=2
ENV IMAGE_REVISION=\${REVISION}
ENTRYPOINT ["/nodejs/bin/node", "--one=4", "--max-old-space-size-percentage=50", "/app/main.js"]
`;
    expect(imageSettings(dockerfile)).toEqual({
      nodeFlags: ['--one=4', '--max-old-space-size=256'],
      environment: { A: '1', B: 'two=2' },
    });
  });

  it('are those that this repository ships', () => {
    const read = imageSettings(readFileSync(new URL('../../../../Dockerfile', import.meta.url), 'utf8'));
    expect(read.nodeFlags.filter((flag) => !flag.startsWith('--max-old-space-size'))).toEqual(
      operatorImage.nodeFlags?.filter((flag) => !flag.startsWith('--max-old-space-size')),
    );
    expect(read.environment).toMatchObject({ NODE_ENV: 'production' });
  });

  it('are refused where no Node is started', () => {
    expect(() => imageSettings('FROM x\nFROM y\nENTRYPOINT ["/bin/sh"]\n')).toThrow('not Node');
  });
});

describe('readIssuer', () => {
  it.each([
    ['example.com/Issuer/ca', { group: 'example.com', kind: 'Issuer', name: 'ca' }],
    ['example.com/Issuer', undefined],
    ['example.com//ca', undefined],
    ['example.com/Issuer/ca/more', undefined],
  ])('%s', (text, expected) => {
    expect(readIssuer(text)).toEqual(expected);
  });
});
