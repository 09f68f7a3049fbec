{{/* Name of the application in labels. */}}
{{- define "alibaba-pca-issuer.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of all objects. */}}
{{- define "alibaba-pca-issuer.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "alibaba-pca-issuer.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "alibaba-pca-issuer.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The Service's name is a DNS label: its suffix must fit into 63 characters as well. */}}
{{- define "alibaba-pca-issuer.serviceName" -}}
{{- printf "%s-metrics" (include "alibaba-pca-issuer.fullname" . | trunc 55 | trimSuffix "-") }}
{{- end }}

{{/* Labels that tell the pods of this release from others. They can never change. */}}
{{- define "alibaba-pca-issuer.selectorLabels" -}}
app.kubernetes.io/name: {{ include "alibaba-pca-issuer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of all objects. Helm adds managed-by itself; install.yaml is not managed by it. */}}
{{- define "alibaba-pca-issuer.labels" -}}
{{ include "alibaba-pca-issuer.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name of the operator's ServiceAccount. */}}
{{- define "alibaba-pca-issuer.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "alibaba-pca-issuer.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Namespace of the Secrets of cluster issuers. */}}
{{- define "alibaba-pca-issuer.clusterResourceNamespace" -}}
{{- default .Release.Namespace .Values.clusterResourceNamespace }}
{{- end }}

{{/* The image with its digest or tag. */}}
{{- define "alibaba-pca-issuer.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* The operator as the subject of a binding. */}}
{{- define "alibaba-pca-issuer.subject" -}}
- kind: ServiceAccount
  name: {{ include "alibaba-pca-issuer.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* Not empty where this chart mounts the OIDC token itself. */}}
{{- define "alibaba-pca-issuer.mountsToken" -}}
{{- if and .Values.rrsa.enabled (not .Values.rrsa.webhook) }}true{{ end }}
{{- end }}

{{/* Environment variables of the role, the same that ack-pod-identity-webhook injects. */}}
{{- define "alibaba-pca-issuer.env" -}}
{{- if include "alibaba-pca-issuer.mountsToken" . }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token
{{- with .Values.rrsa.roleArn }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ . | quote }}
{{- end }}
{{- with .Values.rrsa.oidcProviderArn }}
- name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.sts.endpoint }}
- name: ALIBABA_CLOUD_STS_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.sts.region }}
- name: ALIBABA_CLOUD_STS_REGION
  value: {{ . | quote }}
{{- end }}
{{- if .Values.sts.vpc }}
- name: ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED
  value: "true"
{{- end }}
{{- end }}
