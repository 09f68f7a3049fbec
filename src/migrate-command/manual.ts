// What `alibaba-pca-issuer migrate` is for and what can be said to it.
import { clusterFlags, outputFlag } from '../command-line/flags.ts';
import type { Manual } from '../command-line/flags.ts';
import { parseDuration } from '../issuing/duration.ts';

/** The manual of `migrate`. */
export const migrateManual = {
  command: 'alibaba-pca-issuer migrate',
  summary: "Moves issuers and Certificates of alibabacloud-privateca-issuer to this operator's, or back",
  details: `Makes an AlibabaPCAIssuer of each PCAIssuer and an AlibabaPCAClusterIssuer of each PCAClusterIssuer (alibabacloud.com), and has
the Certificates for them refer to those. No certificate is issued anew for it: Secrets keep keys and certificates, and the
next renewal asks the new issuer. Without --apply it only says what it would do.`,
  flags: {
    apply: { kind: 'switch', help: 'do it; without this flag nothing is changed' },
    undo: { kind: 'switch', help: 'the other way: what an earlier migrate has moved and made' },
    namespace: {
      kind: 'text',
      short: 'n',
      value: 'NAME',
      help: 'only Certificates and issuers of this namespace, and the cluster-wide issuers that they refer to',
    },
    ...clusterFlags,
    timeout: {
      kind: 'value',
      value: 'DURATION',
      read: millisecondsOf,
      mustBe: 'a duration from 1s to 1h, such as 90s',
      default: '60s',
      help: 'longest wait for each new issuer to become ready, and for cert-manager to take note of each Certificate',
    },
    output: outputFlag,
  },
  examples: {
    '--kubeconfig ~/.kube/config': 'what would be done',
    '--kubeconfig ~/.kube/config -n shop --apply': 'a namespace first',
    '--kubeconfig ~/.kube/config --apply': 'all of it',
    '--kubeconfig ~/.kube/config --undo --apply': 'back again',
  },
  lists: {
    'Rights that it needs': {
      'pcaissuers, pcaclusterissuers (alibabacloud.com)': 'list',
      'alibabapcaissuers, alibabapcaclusterissuers (pca.alibabacloud.com)': 'list, get, create, delete',
      'certificates (cert-manager.io)': 'list, get, patch',
      'certificates/status (cert-manager.io)': 'patch',
      'certificaterequests (cert-manager.io)': 'list, delete',
      secrets: 'get, patch',
    },
  },
  exitCodes: {
    0: 'nothing is in the way, or all is done',
    2: 'wrong usage, or the cluster cannot be read',
    3: 'something is refused or failed; the rest is done, and it can be run again',
  },
} as const satisfies Manual;

function millisecondsOf(text: string): number | undefined {
  const read = parseDuration(text);
  const ms = read.kind === 'ok' ? read.seconds * 1_000 : 0;
  return ms >= 1_000 && ms <= 3_600_000 ? ms : undefined;
}
