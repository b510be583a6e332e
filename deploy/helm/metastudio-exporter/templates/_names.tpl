{{- define "metastudio-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Not longer than 43 characters, because the names of objects add up to 20. */}}
{{- define "metastudio-exporter.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $full .Values.fullnameOverride | trunc 43 | trimSuffix "-" }}
{{- end }}

{{/* A Service that becomes headless cannot be updated, so the headless one has a name of its own. */}}
{{- define "metastudio-exporter.serviceName" -}}
{{- include "metastudio-exporter.fullname" . }}{{ if gt (int .Values.shards) 1 }}-headless{{ end }}
{{- end }}

{{- define "metastudio-exporter.serviceAccountName" -}}
{{- default (.Values.serviceAccount.create | ternary (include "metastudio-exporter.fullname" .) "default") .Values.serviceAccount.name }}
{{- end }}

{{- define "metastudio-exporter.configMapName" -}}
{{- if .Values.existingConfigMap }}
{{- tpl .Values.existingConfigMap . }}
{{- else if .Values.config }}
{{- printf "%s-config" (include "metastudio-exporter.fullname" .) }}
{{- end }}
{{- end }}

{{- define "metastudio-exporter.image" -}}
{{- .Values.image.repository }}
{{- if or .Values.image.tag (not .Values.image.digest) }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "metastudio-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "metastudio-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "metastudio-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "metastudio-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* The Pod of `helm test` must not have the labels that the Service selects. */}}
{{- define "metastudio-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "metastudio-exporter.name" . | trunc 58 }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
