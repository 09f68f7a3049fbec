{{/* A name of at most 55 characters, so that a suffix of 8 fits into 63. Names that are cut stay different ones. */}}
{{- define "alibaba-pca-issuer.cut" -}}
{{- if gt (len .) 55 }}
{{- printf "%s-%s" (trunc 46 . | trimAll "-.") (sha256sum . | trunc 8) }}
{{- else }}
{{- . }}
{{- end }}
{{- end }}

{{/* Name of the application in labels. */}}
{{- define "alibaba-pca-issuer.name" -}}
{{- default .Chart.Name .Values.nameOverride }}
{{- end }}

{{/* Name of all objects. */}}
{{- define "alibaba-pca-issuer.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else if contains (include "alibaba-pca-issuer.name" .) .Release.Name }}
{{- .Release.Name }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "alibaba-pca-issuer.name" .) | trunc 63 | trimAll "-." }}
{{- end }}
{{- end }}

{{/* The Service's name is a DNS label: without dots, and with a letter at the beginning. */}}
{{- define "alibaba-pca-issuer.serviceName" -}}
{{- $fullname := include "alibaba-pca-issuer.fullname" . }}
{{- $name := include "alibaba-pca-issuer.cut" $fullname }}
{{- if contains "." $fullname }}
{{- $name = printf "%s-%s" (replace "." "-" $fullname | trunc 46 | trimAll "-") (sha256sum $fullname | trunc 8) }}
{{- end }}
{{- if regexMatch "^[a-z]" $name }}
{{- printf "%s-metrics" $name }}
{{- else }}
{{- printf "metrics-%s" $name }}
{{- end }}
{{- end }}

{{/* Name of the ConfigMap with the rules. */}}
{{- define "alibaba-pca-issuer.issuerRulesName" -}}
{{- printf "%s-rules" (include "alibaba-pca-issuer.cut" (include "alibaba-pca-issuer.fullname" .)) }}
{{- end }}

{{/* Namespace of all objects but those that the values put elsewhere. */}}
{{- define "alibaba-pca-issuer.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{/* Labels that tell the pods of this release from others. They can never change. */}}
{{- define "alibaba-pca-issuer.selectorLabels" -}}
app.kubernetes.io/name: {{ include "alibaba-pca-issuer.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Labels of all objects. Helm adds managed-by itself; install.yaml is not managed by it. */}}
{{- define "alibaba-pca-issuer.labels" -}}
{{ include "alibaba-pca-issuer.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with omit .Values.commonLabels "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of what hooks run, which are not those that the Service and the Deployment select; takes root and a name. */}}
{{- define "alibaba-pca-issuer.hookLabels" -}}
{{- dict "app.kubernetes.io/name" .name | merge (omit (include "alibaba-pca-issuer.labels" .root | fromYaml) "app.kubernetes.io/name") | toYaml }}
{{- end }}

{{/*
Metadata of an object: takes root, name, and what it has of namespace, labels and annotations. Its own labels and annotations
win over those of all objects.
*/}}
{{- define "alibaba-pca-issuer.metadata" -}}
name: {{ .name | quote }}
{{- with .namespace }}
namespace: {{ . | quote }}
{{- end }}
labels:
  {{- $common := default (include "alibaba-pca-issuer.labels" .root) .labelsOfAll | fromYaml }}
  {{- merge (dict) (default dict .labels) $common | toYaml | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
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
{{- default (include "alibaba-pca-issuer.namespace" .) .Values.clusterResourceNamespace }}
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
  name: {{ include "alibaba-pca-issuer.serviceAccountName" . | quote }}
  namespace: {{ include "alibaba-pca-issuer.namespace" . | quote }}
{{- end }}

{{/* Subjects of a binding, as the values list them; takes the name of the value and the subjects. */}}
{{- define "alibaba-pca-issuer.subjects" -}}
{{- $value := .value }}
{{- range $index, $subject := .subjects }}
{{- if $index }}
{{ end -}}
- kind: {{ $subject.kind }}
  name: {{ $subject.name | quote }}
  {{- if eq $subject.kind "ServiceAccount" }}
  namespace: {{ required (printf "%s: ServiceAccount %s needs a namespace" $value $subject.name) $subject.namespace | quote }}
  {{- else }}
  apiGroup: rbac.authorization.k8s.io
  {{- end }}
{{- end }}
{{- end }}

{{/* Not empty where this chart mounts the OIDC token itself. */}}
{{- define "alibaba-pca-issuer.mountsToken" -}}
{{- if and .Values.rrsa.enabled (not .Values.rrsa.webhook) }}true{{ end }}
{{- end }}

{{/* Environment variables of the role, the same that ack-pod-identity-webhook injects; the provider serves issuers without it as well. */}}
{{- define "alibaba-pca-issuer.env" -}}
{{- if include "alibaba-pca-issuer.mountsToken" . }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token
{{- with .Values.rrsa.roleArn }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if not (and .Values.rrsa.enabled .Values.rrsa.webhook) }}
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
{{- with .Values.tracing }}
{{- if .enabled }}
{{- with .endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- if .headersSecret.name }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ .headersSecret.name | quote }}
      key: {{ .headersSecret.key | quote }}
{{- end }}
{{- if ne (float64 .ratio) 1.0 }}
- name: OTEL_TRACES_SAMPLER
  value: parentbased_traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .ratio | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- include "alibaba-pca-issuer.proxyEnv" . }}
{{- end }}

{{/* Those of them that say how to reach the world outside. */}}
{{- define "alibaba-pca-issuer.proxyEnv" -}}
{{- with .Values.proxy.url }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- if .Values.proxy.urlSecret.name }}
- name: HTTPS_PROXY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.proxy.urlSecret.name | quote }}
      key: {{ .Values.proxy.urlSecret.key | quote }}
{{- end }}
{{- with .Values.proxy.noProxy }}
- name: NO_PROXY
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.proxy.caBundle }}
- name: PCA_ISSUER_PROXY_CA_BUNDLE
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{/* What the platform decides about a pod: that of the operator, that of the Job and that of the test alike. */}}
{{- define "alibaba-pca-issuer.podSettings" -}}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .Values.schedulerName }}
schedulerName: {{ . | quote }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* And about its network and names, where it is not the test's, which calls the API server by name. */}}
{{- define "alibaba-pca-issuer.podNetwork" -}}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- with default (ternary "ClusterFirstWithHostNet" "" .Values.hostNetwork) .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* And about its container. */}}
{{- define "alibaba-pca-issuer.containerSettings" -}}
{{- with .Values.containerSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Name of the port with /metrics. */}}
{{- define "alibaba-pca-issuer.metricsPort" -}}
{{- ternary "metrics" "http" .Values.metrics.secure.enabled }}
{{- end }}

{{/* How Prometheus scrapes; takes root and the values of a monitor. */}}
{{- define "alibaba-pca-issuer.scrape" -}}
port: {{ include "alibaba-pca-issuer.metricsPort" .root }}
path: /metrics
{{- if .root.Values.metrics.secure.enabled }}
scheme: https
bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
tlsConfig:
  {{- if .monitor.tlsConfig }}
  {{- toYaml .monitor.tlsConfig | nindent 2 }}
  {{- else }}
  serverName: {{ printf "%s.%s.svc" (include "alibaba-pca-issuer.serviceName" .root) (include "alibaba-pca-issuer.namespace" .root) }}
  ca:
    secret:
      name: {{ .root.Values.metrics.secure.tlsSecret | quote }}
      key: ca.crt
  {{- end }}
{{- end }}
{{- with .monitor }}
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- if .honorLabels }}
honorLabels: true
{{- end }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
