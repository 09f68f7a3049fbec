// The chart's PrometheusRule, and the values that go with it.
import { thresholds } from './alert.ts';
import type { Alert } from './alert.ts';
import { alerts } from './catalogue.ts';

/** The template of the PrometheusRule. */
export function renderTemplate(): string {
  const rules = [...alerts].map(([name, alert]) => rule(name, alert)).join('');
  return `# Generated from scripts/alerts by \`npm run generate\`; do not edit.
{{- with .Values.metrics.prometheusRule }}
{{- if .enabled }}
{{- $of := default (printf "namespace=%q" (include "alibaba-pca-issuer.namespace" $)) .selector }}
{{- $all := printf "{%s}" $of }}
{{- $alertLabels := .alertLabels }}
{{- $runbookUrl := .runbookUrl }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "alibaba-pca-issuer.metadata" (dict "root" $ "name" (include "alibaba-pca-issuer.fullname" $) "namespace" (default (include "alibaba-pca-issuer.namespace" $) .namespace) "labels" .labels "annotations" .annotations) | nindent 2 }}
spec:
  groups:
    - name: alibaba-pca-issuer
      {{- with .interval }}
      interval: {{ . }}
      {{- end }}
      rules:
${rules}{{- end }}
{{- end }}
`;
}

/** Schemas of the values that follow from the alerts: the names in disabledAlerts, and the thresholds. */
export function alertValues(): Readonly<Record<string, object>> {
  return {
    disabledAlerts: {
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', enum: [...alerts.keys()] },
      description: 'Names of alerts to leave out.',
      default: [],
    },
    thresholds: {
      type: 'object',
      additionalProperties: false,
      description: 'Numbers beyond which alerts fire.',
      properties: Object.fromEntries(
        Object.entries(thresholds).map(([name, { default: value, description }]) => [
          name,
          { type: 'number', minimum: 0, description, default: value },
        ]),
      ),
    },
  };
}

function rule(name: string, { severity, for: duration, expr, summary, runbook }: Alert): string {
  return `        {{- if not (has "${name}" .disabledAlerts) }}
        - alert: ${name}
          expr: |-
            ${expr}
${duration === undefined ? '' : `          for: ${duration}\n`}          labels:
            {{- merge (dict) $alertLabels (dict "severity" "${severity}") | toYaml | nindent 12 }}
          annotations:
            summary: ${quoted(summary)}
            description: ${quoted(runbook.meaning)}
            runbook_url: {{ printf "%s#${anchor(name)}" $runbookUrl | quote }}
        {{- end }}
`;
}

/** The anchor of an alert in docs/alerts.md. */
export function anchor(name: string): string {
  return name.toLowerCase();
}

// Helm has to leave Prometheus' own templates alone.
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/\{\{[^}]*\}\}/g, (template) => `{{ ${JSON.stringify(template)} }}`);
}
