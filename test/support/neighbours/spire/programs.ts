// SPIRE and a workload of it, and how each is linked.
import { fileURLToPath } from 'node:url';

import type { GoProgram } from '../../../../control-plane/driver/go-build.ts';

const directory = fileURLToPath(new URL('../../../../tools/spire', import.meta.url));

/** The server, as released. Its SQLite is C; the others are linked with C as well, so that they share what is compiled for it. */
export const spireServerProgram: GoProgram = {
  name: 'spire-server',
  directory,
  package: 'github.com/spiffe/spire/cmd/spire-server',
  cgo: true,
};

/** The agent, as released. */
export const spireAgentProgram: GoProgram = {
  name: 'spire-agent',
  directory,
  package: 'github.com/spiffe/spire/cmd/spire-agent',
  cgo: true,
};

/** A workload that fetches its SVID and speaks mutual TLS. */
export const spireWorkloadProgram: GoProgram = {
  name: 'workload',
  directory,
  package: './workload',
  cgo: true,
};

/** All of them. */
export const spirePrograms: readonly GoProgram[] = [spireServerProgram, spireAgentProgram, spireWorkloadProgram];
