{{/* The Pods of the Deployment and of the StatefulSet. A changed ConfigMap is reloaded, so its content is not part of them. */}}
{{- define "metastudio-exporter.podTemplate" -}}
metadata:
  labels:
    {{- include "metastudio-exporter.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- $annotations := merge dict .Values.podAnnotations }}
  {{- with .Values.scrapeAnnotations }}
  {{- if .enabled }}
  {{- $scrape := dict "prometheus.io/scrape" "true" "prometheus.io/scheme" .scheme "prometheus.io/path" .path "prometheus.io/port" "10036" }}
  {{- $annotations = merge $annotations $scrape }}
  {{- end }}
  {{- end }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  serviceAccountName: {{ include "metastudio-exporter.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
  # The variables of all Services of the namespace would be in the environment of the exporter.
  enableServiceLinks: false
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: metastudio-exporter
      image: {{ include "metastudio-exporter.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $arguments := concat (.Values.demo.enabled | ternary (list "demo") list) .Values.extraArgs }}
      {{- with $arguments }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "metastudio-exporter.environment" . | trim }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with include "metastudio-exporter.environmentFrom" . | trim }}
      envFrom:
        {{- . | nindent 8 }}
      {{- end }}
      ports:
        - name: metrics
          containerPort: 10036
          protocol: TCP
      {{- with .Values.livenessProbe }}
      livenessProbe:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.readinessProbe }}
      readinessProbe:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "metastudio-exporter.volumeMounts" . | trim }}
      volumeMounts:
        {{- . | nindent 8 }}
      {{- end }}
  {{- with include "metastudio-exporter.volumes" . | trim }}
  volumes:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Variables instead of arguments, so that commands in the container (`healthcheck`, `check`) have them too. */}}
{{- define "metastudio-exporter.environment" -}}
{{- if include "metastudio-exporter.configMapName" . }}
- name: METASTUDIO_EXPORTER_CONFIG_FILE
  value: /etc/metastudio-exporter/{{ .Values.configMapKey }}
{{- with .Values.reloadInterval }}
- name: METASTUDIO_EXPORTER_CONFIG_AUTO_RELOAD_INTERVAL
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.webConfig }}
{{- if .existingSecret }}
- name: METASTUDIO_EXPORTER_WEB_CONFIG_FILE
  value: /etc/metastudio-exporter-web/{{ .key }}
{{- end }}
{{- end }}
{{- with .Values.project }}
{{- with .region }}
- name: METASTUDIO_REGION
  value: {{ . | quote }}
{{- end }}
{{- with .id }}
- name: HUAWEICLOUD_SDK_PROJECT_ID
  value: {{ . | quote }}
{{- end }}
{{- with .endpoint }}
- name: METASTUDIO_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with .iamEndpoint }}
- name: HUAWEICLOUD_SDK_IAM_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- with .collectors }}
- name: METASTUDIO_EXPORTER_PROJECT_COLLECTORS
  value: {{ join "," . | quote }}
{{- end }}
{{- end }}
{{- with .Values.oidc }}
{{- if and .enabled .providerUrn }}
- name: HUAWEICLOUD_OIDC_PROVIDER_URN
  value: {{ .providerUrn | quote }}
- name: HUAWEICLOUD_OIDC_AGENCY_URN
  value: {{ .agencyUrn | quote }}
- name: HUAWEICLOUD_OIDC_TOKEN_FILE
  value: /run/oidc/token
{{- end }}
{{- end }}
{{- if gt (int .Values.shards) 1 }}
- name: METASTUDIO_EXPORTER_SHARD
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['apps.kubernetes.io/pod-index']
- name: METASTUDIO_EXPORTER_TOTAL_SHARDS
  value: {{ .Values.shards | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "metastudio-exporter.environmentFrom" -}}
{{- with .Values.existingSecret }}
- secretRef:
    name: {{ tpl . $ }}
{{- end }}
{{- with .Values.extraEnvFrom }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "metastudio-exporter.volumeMounts" -}}
{{- if include "metastudio-exporter.configMapName" . }}
- name: config
  mountPath: /etc/metastudio-exporter
  readOnly: true
{{- end }}
{{- if .Values.webConfig.existingSecret }}
- name: web-config
  mountPath: /etc/metastudio-exporter-web
  readOnly: true
{{- end }}
{{- range .Values.secrets }}
- name: {{ include "metastudio-exporter.secretVolume" .name }}
  mountPath: /run/secrets/{{ .name }}
  readOnly: true
{{- end }}
{{- if .Values.oidc.enabled }}
- name: oidc-token
  mountPath: /run/oidc
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "metastudio-exporter.volumes" -}}
{{- with include "metastudio-exporter.configMapName" . }}
- name: config
  configMap:
    name: {{ . }}
{{- end }}
{{- with .Values.webConfig.existingSecret }}
- name: web-config
  secret:
    secretName: {{ tpl . $ }}
    defaultMode: 0440
{{- end }}
{{- range .Values.secrets }}
- name: {{ include "metastudio-exporter.secretVolume" .name }}
  secret:
    secretName: {{ .name }}
    defaultMode: 0440
    {{- with .items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if .optional }}
    optional: true
    {{- end }}
{{- end }}
{{- with .Values.oidc }}
{{- if .enabled }}
- name: oidc-token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          audience: {{ .audience | quote }}
          expirationSeconds: {{ int .expirationSeconds }}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Names of volumes have no dots and at most 63 characters. */}}
{{- define "metastudio-exporter.secretVolume" -}}
secret-{{ . | replace "." "-" | trunc 40 | trimSuffix "-" }}-{{ sha256sum . | trunc 8 }}
{{- end }}
