// Judges what must be in the cluster before any issuer can work: kinds, operator, Lease, clocks, rights. Pure.
import { apiGroup } from '../../crds/issuer.ts';
import { shownList } from '../../issuing/x509/shown-text.ts';
import { formatMoment } from '../../timing/moment.ts';
import type { RightFacts } from '../../cluster-reading/right.ts';
import type { Facts, KindFacts, OperatorFacts } from '../facts.ts';
import { error, ok, unknown, warning } from '../finding.ts';
import type { Check, Finding } from '../finding.ts';
import { describeRight } from '../../cluster-reading/right.ts';
import { unseen } from '../finding.ts';

// The header has whole seconds; as src/kubernetes/clock-offset.ts.
const toleratedSeconds = 30;

/** Whether every kind is served. */
export function judgeKinds({ kinds }: Pick<Facts, 'kinds'>): readonly Finding[] {
  const findings = kinds.flatMap(({ resource, apiVersion, served }) => {
    const about = `${resource} (${apiVersion})`;
    if (served.kind === 'hidden' || served.kind === 'unanswered') return [unseen('crds', about, served)];
    if (served.kind === 'seen' && served.value) return [];
    const todo = apiVersion.startsWith(`${apiGroup}/`)
      ? "Install the operator's CRDs (docs/install.md)."
      : 'Install cert-manager with its CRDs.';
    return [error('crds', about, 'The API server does not serve this kind.', todo)];
  });
  return findings.length > 0 ? findings : [ok('crds', 'API server', `All ${kinds.length} kinds are served.`)];
}

/** Whether the CRDs of the issuers have the fields of this version. */
export function judgeDefinitions({ kinds, version }: Pick<Facts, 'kinds' | 'version'>): readonly Finding[] {
  const findings = kinds.flatMap((kind) => definitionFindings(kind, version));
  const isLookedAt = kinds.some(({ differences }) => differences !== undefined);
  return findings.length > 0 || !isLookedAt
    ? findings
    : [ok('crd-version', 'CRDs', `The CRDs of the issuers are those of version ${version}.`)];
}

function definitionFindings({ resource, differences }: KindFacts, version: string): readonly Finding[] {
  const about = `CRD ${resource}.${apiGroup}`;
  if (differences === undefined || differences.kind === 'absent') return [];
  if (differences.kind !== 'seen') return [unseen('crd-version', about, differences)];
  const { missing, further } = differences.value;
  if (missing.length > 0) {
    const found = `It is older than version ${version} and lacks ${shownList(missing)}: the API server drops these fields.`;
    return [error('crd-version', about, found, `Apply the CRDs of version ${version}: helm upgrade, or deploy/crds.`)];
  }
  if (further.length === 0) return [];
  const found = `It is newer than version ${version}, which does not know ${shownList(further)}.`;
  return [warning('crd-version', about, found, 'Upgrade the operator, and run the doctor of that version.')];
}

/** Whether one operator is installed and runs. */
export function judgeOperator({ operators }: Pick<Facts, 'operators'>): readonly Finding[] {
  if (operators.kind === 'absent')
    return [error('operator', 'Deployment', 'There is no such Deployment.', 'Correct --deployment.')];
  if (operators.kind !== 'seen') return [unseen('operator', 'Deployment', operators)];
  const [operator, ...others] = operators.value;
  if (operator === undefined) {
    const found = 'No Deployment has the label app.kubernetes.io/name=alibaba-pca-issuer.';
    return [
      error('operator', 'Deployment', found, 'Install the operator (docs/install.md), or name it with --deployment.'),
    ];
  }
  const several = others.map((other) =>
    error(
      'operator',
      nameOf(other),
      `A second operator is installed beside ${nameOf(operator)}: both sign, and write the same statuses.`,
      'Uninstall one of them: one release per cluster.',
    ),
  );
  const findings = [...several, ...settingsFindings(operator), ...availabilityFindings(operator)];
  return findings.length > 0 ? findings : [ok('operator', nameOf(operator), replicasText(operator))];
}

function settingsFindings(operator: OperatorFacts): readonly Finding[] {
  const { options } = operator;
  if (typeof options !== 'string') return [];
  return [error('operator', nameOf(operator), `It does not start: ${options}`, 'Correct the flag or the variable.')];
}

function availabilityFindings(operator: OperatorFacts): readonly Finding[] {
  const { replicas, stuckPods } = operator;
  if (replicas === undefined || (replicas.available >= replicas.wanted && replicas.wanted > 0)) return [];
  const why = stuckPods.length === 0 ? '' : ` ${shownList(stuckPods)}.`;
  const found = `${replicas.available} of ${replicas.wanted} replicas are available.${why}`;
  const todo =
    replicas.wanted === 0
      ? 'Scale the Deployment up.'
      : 'See kubectl describe and kubectl logs of its pods; /readyz says what a replica waits for.';
  return [
    replicas.available === 0
      ? error('operator', nameOf(operator), found, todo)
      : warning('operator', nameOf(operator), found, todo),
  ];
}

function replicasText({ replicas }: OperatorFacts): string {
  if (replicas === undefined) return 'This is its pod.';
  return `${replicas.available} of ${replicas.wanted} replicas are available.`;
}

/** How the operator is called in a table. */
export function nameOf({ deployment, namespace }: Pick<OperatorFacts, 'deployment' | 'namespace'>): string {
  return deployment === undefined ? `operator in ${namespace}` : `Deployment ${namespace}/${deployment.name}`;
}

/** Whether the operator is of the doctor's version. */
export function judgeVersion({ operators, version }: Pick<Facts, 'operators' | 'version'>): readonly Finding[] {
  if (operators.kind !== 'seen') return [];
  return operators.value.map((operator) => {
    const about = nameOf(operator);
    if (operator.version === version) return ok('version-skew', about, `Its version is ${version}, as the doctor's.`);
    return operator.version === undefined
      ? warning(
          'version-skew',
          about,
          'Neither its label nor its image says of which version it is.',
          `Compare its image with version ${version} of the doctor.`,
        )
      : warning(
          'version-skew',
          about,
          `Its version is ${operator.version}, the doctor's ${version}.`,
          "Run the doctor of the operator's own image, or upgrade the operator.",
        );
  });
}

/** Whether the operator's ServiceAccount exists. */
export function judgeServiceAccount({
  operators,
  serviceAccount,
}: Pick<Facts, 'operators' | 'serviceAccount'>): readonly Finding[] {
  const operator = operators.kind === 'seen' ? operators.value[0] : undefined;
  if (operator === undefined || serviceAccount === undefined) return [];
  const about = `ServiceAccount ${operator.namespace}/${operator.serviceAccount}`;
  switch (serviceAccount.kind) {
    case 'seen':
      return [ok('service-account', about, 'It exists.')];
    case 'absent':
      return [
        error(
          'service-account',
          about,
          'It does not exist, so no pod of the operator starts.',
          'Create it (Helm: serviceAccount.create), or correct serviceAccount.name.',
        ),
      ];
    case 'hidden':
    case 'unanswered':
      return [unseen('service-account', about, serviceAccount)];
  }
}

/** Whether a replica holds the Lease now. */
export function judgeLease({ lease, operators, now }: Pick<Facts, 'lease' | 'operators' | 'now'>): readonly Finding[] {
  const operator = operators.kind === 'seen' ? operators.value[0] : undefined;
  if (lease === undefined || operator === undefined || typeof operator.options === 'string') return [];
  if (lease.kind === 'absent') {
    return [
      error(
        'lease',
        `Lease of ${nameOf(operator)}`,
        'It does not exist: no replica has ever led, so nothing is issued.',
        'See the log of the operator; it needs the rights of the chart for Leases.',
      ),
    ];
  }
  if (lease.kind !== 'seen') return [unseen('lease', `Lease of ${nameOf(operator)}`, lease)];
  const { name, holder, renewedAt, writtenAt, durationSeconds } = lease.value;
  const about = `Lease ${name.namespace}/${name.name}`;
  const last = writtenAt ?? renewedAt;
  const isOver = last + durationSeconds * 1_000 < now.getTime();
  const since = formatMoment(new Date(last));
  const todo = "See whether the operator's pods run and what their log says.";
  if (holder === '') return [error('lease', about, `Nobody holds it since ${since}, so nothing is issued.`, todo)];
  if (isOver)
    return [error('lease', about, `Its holder has not renewed it since ${since}, so nothing is issued.`, todo)];
  return [ok('lease', about, 'A replica holds it and renews it.')];
}

/** Whether the clocks agree: the API server's, this machine's and that of the leader's node. */
export function judgeClocks({
  clockOffsetSeconds,
  lease,
  place,
}: Pick<Facts, 'clockOffsetSeconds' | 'lease' | 'place'>): readonly Finding[] {
  const todo = 'Set the clock of the node by NTP.';
  const findings: Finding[] = [];
  if (clockOffsetSeconds === undefined) {
    findings.push(
      unknown('clock', 'this machine', "The API server's answers name no time.", 'Compare the clocks by hand.'),
    );
  } else if (Math.abs(clockOffsetSeconds) > toleratedSeconds) {
    const found = offText("This machine's clock", clockOffsetSeconds);
    findings.push(
      place === 'pod'
        ? error('clock', 'this node', `${found} ${effect}`, todo)
        : warning('clock', 'this machine', found, 'Set the clock of this machine.'),
    );
  }
  const leader = leaderOffset(lease);
  if (leader !== undefined && Math.abs(leader) > toleratedSeconds) {
    findings.push(
      error('clock', "the leader's node", `${offText("The clock of the leader's node", leader)} ${effect}`, todo),
    );
  }
  return findings.length > 0 ? findings : [ok('clock', 'clocks', "They agree with the API server's.")];
}

const effect = 'Certificates begin and end that much off, and PCA refuses calls that are 15 minutes off.';

function offText(what: string, seconds: number): string {
  return `${what} is ${Math.abs(seconds)} seconds ${seconds > 0 ? 'ahead of' : 'behind'} the API server's.`;
}

// What the holder wrote as the time of its renewal, against when the API server took it.
function leaderOffset(lease: Facts['lease']): number | undefined {
  if (lease?.kind !== 'seen' || lease.value.writtenAt === undefined || lease.value.renewedAt === 0) return undefined;
  return Math.round((lease.value.renewedAt - lease.value.writtenAt) / 1_000);
}

/** Whether operator and cert-manager may do what they have to. */
export function judgeRights({
  rights,
  certManagerRights,
  operators,
  approval,
}: Pick<Facts, 'rights' | 'certManagerRights' | 'operators' | 'approval'>): readonly Finding[] {
  const operator = operators.kind === 'seen' ? operators.value[0] : undefined;
  const { namespace, name } = approval.certManager;
  return [
    ...(operator === undefined
      ? []
      : rightFindings('rights', {
          about: `ServiceAccount ${operator.namespace}/${operator.serviceAccount}`,
          rights,
          todo: "Bind the chart's Roles and ClusterRole to it; for what is in a namespace Helm: secretAccess.namespaces, configMapAccess.namespaces, serviceAccountTokens.namespaces.",
        })),
    ...rightFindings('cert-manager-rights', {
      about: `ServiceAccount ${namespace}/${name}`,
      rights: certManagerRights,
      todo: "Install cert-manager's own RBAC, or name its ServiceAccount with --cert-manager.",
    }),
  ];
}

function rightFindings(
  check: Check,
  { about, rights, todo }: { readonly about: string; readonly rights: readonly RightFacts[]; readonly todo: string },
): readonly Finding[] {
  const refused = rights.filter(({ allowed }) => allowed.kind === 'seen' && !allowed.value);
  const unclear = rights.flatMap(({ allowed }) =>
    allowed.kind === 'hidden' || allowed.kind === 'unanswered' ? [allowed] : [],
  )[0];
  const findings = [
    ...refused.map(({ right }) => error(check, about, `It may not ${describeRight(right)}.`, todo)),
    // One look that is denied is denied for all.
    ...(unclear === undefined ? [] : [unseen(check, about, unclear)]),
  ];
  if (findings.length > 0 || rights.length === 0) return findings;
  return [ok(check, about, `It has all ${rights.length} rights that it needs.`)];
}
