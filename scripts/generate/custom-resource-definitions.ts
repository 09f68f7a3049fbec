// The YAML of both CRDs: for deploy/crds, and wrapped as templates of the chart.
import { stringify } from 'yaml';

import { customResourceDefinition } from '../../src/crds/custom-resource-definition.ts';
import type { CustomResourceDefinition } from '../../src/crds/custom-resource-definition.ts';
import { apiGroup, issuerKinds } from '../../src/crds/issuer.ts';
import type { IssuerKind } from '../../src/crds/issuer.ts';

const header = '# Generated from src/crds by `npm run generate`; do not edit.\n';

/** Content by path of every file that holds a CRD. */
export function renderCustomResourceDefinitions(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    issuerKinds.flatMap((kind) => [
      [`deploy/crds/${apiGroup}_${kind.plural}.yaml`, manifest(kind)],
      [`helm/alibaba-pca-issuer/templates/crd-${kind.plural}.yaml`, template(kind)],
    ]),
  );
}

function manifest(kind: IssuerKind): string {
  return `${header}${toYaml(customResourceDefinition(kind))}`;
}

function template(kind: IssuerKind): string {
  const { apiVersion, kind: type, metadata, spec }: CustomResourceDefinition = customResourceDefinition(kind);
  const specYaml = toYaml({ spec });
  if (specYaml.includes('{{')) throw new Error(`the CRD of ${kind.kind} holds {{, which Helm would read as its own`);
  return `${header}{{- if .Values.crds.enabled }}
apiVersion: ${apiVersion}
kind: ${type}
metadata:
  {{- $keep := ternary (dict "helm.sh/resource-policy" "keep") dict .Values.crds.keep }}
  {{- include "alibaba-pca-issuer.metadata" (dict "root" . "name" "${metadata.name}" "annotations" $keep) | nindent 2 }}
${specYaml}{{- end }}
`;
}

function toYaml(value: object): string {
  // Without anchors: kubectl reads them, but people and some tools do not.
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true });
}
