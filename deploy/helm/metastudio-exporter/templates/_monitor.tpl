{{/* What a ServiceMonitor and a PodMonitor have in common: an endpoint, and the metadata. */}}
{{- define "metastudio-exporter.endpoint" -}}
- port: metrics
  path: {{ .path }}
  scheme: {{ .scheme }}
  honorLabels: {{ .honorLabels }}
  {{- with .interval }}
  interval: {{ . }}
  {{- end }}
  {{- with .scrapeTimeout }}
  scrapeTimeout: {{ . }}
  {{- end }}
  {{- with .tlsConfig }}
  tlsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .basicAuth }}
  basicAuth:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  relabelings:
    # The rules and dashboards select this job.
    - action: replace
      targetLabel: job
      replacement: metastudio-exporter
    {{- with .relabelings }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "metastudio-exporter.monitorSelector" -}}
namespaceSelector:
  matchNames:
    - {{ .Release.Namespace }}
selector:
  matchLabels:
    {{- include "metastudio-exporter.selectorLabels" . | nindent 4 }}
{{- end }}
