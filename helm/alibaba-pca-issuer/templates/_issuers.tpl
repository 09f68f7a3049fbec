{{/* Annotation of the issuers that the Job has applied and that no release manifest holds yet. */}}
{{- define "alibaba-pca-issuer.issuersMark" -}}
pca.alibabacloud.com/applied-after-install
{{- end }}

{{/* An issuer of the values as an object; takes kind, issuer and root. */}}
{{- define "alibaba-pca-issuer.issuer" -}}
apiVersion: pca.alibabacloud.com/v1alpha1
kind: {{ .kind }}
metadata:
  {{- include "alibaba-pca-issuer.metadata" (dict "root" .root "name" .issuer.name "namespace" .issuer.namespace "labels" .issuer.labels "annotations" .issuer.annotations) | nindent 2 }}
spec:
  {{- toYaml .issuer.spec | nindent 2 }}
{{- end }}

{{/*
What becomes of the issuers, as YAML:
- ordinary: objects of the release;
- applied: objects that the Job applies;
- removed: hooks by which Helm deletes those that no release manifest holds, with the upgrade whose values lack them, or
  with the release.
*/}}
{{- define "alibaba-pca-issuer.issuersState" -}}
{{- $root := . }}
{{- $mark := include "alibaba-pca-issuer.issuersMark" . }}
{{- $owner := dict "meta.helm.sh/release-name" .Release.Name "meta.helm.sh/release-namespace" .Release.Namespace }}
{{- $hasCluster := not (empty (lookup "v1" "Namespace" "" "kube-system")) }}
{{- $isServed := .Capabilities.APIVersions.Has "pca.alibabacloud.com/v1alpha1" }}
{{- /* Helm creates what a hook deletes once more, and the issuer's own spec may be one that the API server refuses. */}}
{{- $anySpec := dict "parentIdentifier" "being-removed" "credentials" (dict "rrsa" dict) }}
{{- $ordinary := list }}
{{- $applied := list }}
{{- $removed := list }}
{{- $kept := dict }}
{{- range $kind, $issuers := dict "AlibabaPCAClusterIssuer" .Values.clusterIssuers "AlibabaPCAIssuer" .Values.issuers }}
{{- range $issuer := $issuers }}
{{- $object := include "alibaba-pca-issuer.issuer" (dict "kind" $kind "issuer" $issuer "root" $root) | fromYaml }}
{{- $namespace := default "" $issuer.namespace }}
{{- $kept = set $kept (printf "%s/%s/%s" $kind $namespace $issuer.name) true }}
{{- $live := dict }}
{{- if and $hasCluster $isServed }}
{{- $live = lookup "pca.alibabacloud.com/v1alpha1" $kind $namespace $issuer.name }}
{{- end }}
{{- $isMarked := hasKey (default dict (dig "metadata" "annotations" dict $live)) $mark }}
{{- if or $isServed (not $hasCluster) }}
{{- $ordinary = append $ordinary $object }}
{{- end }}
{{- if or $isMarked (and $hasCluster (not $isServed)) }}
{{- $annotations := merge (dict) $owner (default dict (dig "annotations" dict $object.metadata)) }}
{{- if not $isMarked }}
{{- $annotations = set $annotations $mark "true" }}
{{- end }}
{{- $labels := merge (dict "app.kubernetes.io/managed-by" "Helm") $object.metadata.labels }}
{{- $metadata := merge (dict "annotations" $annotations "labels" $labels) (deepCopy $object.metadata) }}
{{- $applied = append $applied (merge (dict "metadata" $metadata) (deepCopy $object)) }}
{{- end }}
{{- if and $hasCluster (not $isServed) }}
{{- $hook := dict "helm.sh/hook" "pre-delete" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" }}
{{- $metadata := merge (dict "annotations" $hook) (deepCopy $object.metadata) }}
{{- $removed = append $removed (merge (dict "metadata" $metadata "spec" $anySpec) (omit $object "spec")) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $hasCluster $isServed }}
{{- range $kind := list "AlibabaPCAClusterIssuer" "AlibabaPCAIssuer" }}
{{- range $live := (lookup "pca.alibabacloud.com/v1alpha1" $kind "" "").items }}
{{- $annotations := default dict (dig "metadata" "annotations" dict $live) }}
{{- $isOurs := and (eq (dig "meta.helm.sh/release-name" "" $annotations) $root.Release.Name) (eq (dig "meta.helm.sh/release-namespace" "" $annotations) $root.Release.Namespace) }}
{{- $namespace := default "" $live.metadata.namespace }}
{{- if and $isOurs (hasKey $annotations $mark) (not (hasKey $kept (printf "%s/%s/%s" $kind $namespace $live.metadata.name))) }}
{{- $hook := dict "helm.sh/hook" "post-upgrade" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" }}
{{- $metadata := dict "name" $live.metadata.name "annotations" $hook }}
{{- if $namespace }}
{{- $metadata = set $metadata "namespace" $namespace }}
{{- end }}
{{- $removed = append $removed (dict "apiVersion" $live.apiVersion "kind" $kind "metadata" $metadata "spec" $anySpec) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $applied (not $isServed) (not .Values.crds.enabled) }}
{{- fail "clusterIssuers and issuers need the CRDs, which this cluster does not have, and crds.enabled is false. First run: kubectl apply --server-side -f deploy/crds" }}
{{- end }}
{{- dict "ordinary" $ordinary "applied" $applied "removed" $removed | toYaml }}
{{- end }}

{{/* Name of the Job that applies issuers, and of its rights. */}}
{{- define "alibaba-pca-issuer.issuersJobName" -}}
{{- printf "%s-issuers" (include "alibaba-pca-issuer.cut" (include "alibaba-pca-issuer.fullname" .)) }}
{{- end }}

{{/* Annotations that make an object a part of the hook; takes its weight. */}}
{{- define "alibaba-pca-issuer.issuersJobHook" -}}
helm.sh/hook: post-install,post-upgrade,post-rollback
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
