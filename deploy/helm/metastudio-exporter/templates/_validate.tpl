{{/* What the schema cannot say, or not in words that help. */}}
{{- define "metastudio-exporter.validate" -}}
{{- $scraped := list }}
{{- range list "serviceMonitor" "podMonitor" "scrapeAnnotations" }}
{{- if (index $.Values .).enabled }}{{ $scraped = append $scraped (printf "%s.enabled" .) }}{{ end }}
{{- end }}
{{- if gt (len $scraped) 1 }}
{{- fail (printf "%s: enable only one of them, otherwise Prometheus scrapes every exporter more than once" (join " and " $scraped)) }}
{{- end }}
{{- if and .Values.config .Values.existingConfigMap }}
{{- fail "config and existingConfigMap: set only one of them" }}
{{- end }}
{{- range $name, $value := .Values.project }}
{{- if and $value (include "metastudio-exporter.configMapName" $) }}
{{- fail (printf "project.%s: config and existingConfigMap list the projects; set it there" $name) }}
{{- end }}
{{- end }}
{{- if not (or .Values.demo.enabled .Values.config .Values.existingConfigMap .Values.project.region .Values.project.endpoint .Values.extraEnv .Values.extraEnvFrom) }}
{{- fail "there is nothing to poll: set project.region and existingSecret, or config, or existingConfigMap; or demo.enabled=true to try the exporter without an account" }}
{{- end }}
{{- if and .Values.config (not .Values.config.projects) }}
{{- fail "config.projects: list at least one project" }}
{{- end }}
{{- if gt (int .Values.shards) 1 }}
{{- if .Values.demo.enabled }}
{{- fail "demo.enabled: the demo has no shards" }}
{{- end }}
{{- if not (include "metastudio-exporter.configMapName" .) }}
{{- fail "shards: one project cannot be divided; list the projects in config or existingConfigMap" }}
{{- end }}
{{- if semverCompare "<1.28.0-0" .Capabilities.KubeVersion.Version }}
{{- fail "shards: more than one shard needs Kubernetes 1.28, which labels Pods with their ordinal" }}
{{- end }}
{{- end }}
{{- range .Values.extraArgs }}
{{- if regexMatch "^--(web.(listen-address|systemd-socket|config.file|external-url|route-prefix|telemetry-path)|config.file|shard|total-shards)(=|$)" . }}
{{- $flag := regexFind "^[^=]+" . }}
{{- fail (printf "extraArgs: %s is METASTUDIO_EXPORTER_%s in extraEnv, or a value of its own; commands in the container do not know the arguments" $flag ($flag | trimPrefix "--" | replace "." "_" | replace "-" "_" | upper)) }}
{{- end }}
{{- end }}
{{- if ne (empty .Values.oidc.providerUrn) (empty .Values.oidc.agencyUrn) }}
{{- fail "oidc.providerUrn and oidc.agencyUrn: set both or none" }}
{{- end }}
{{- include "metastudio-exporter.validateSecrets" . }}
{{- end }}

{{/* A ConfigMap is readable by many. Its configuration names files with secrets. */}}
{{- define "metastudio-exporter.validateSecrets" -}}
{{- $inline := dict "access_key" (list "sk" "security_token") "token" (list "value") "password" (list "password") }}
{{- range $index, $project := default dict .Values.config | dig "projects" list }}
{{- range $kind, $credentials := default dict $project.credentials }}
{{- range get $inline $kind | default list }}
{{- if hasKey (default dict $credentials) . }}
{{- $file := eq . "value" | ternary "file" (printf "%s_file" .) }}
{{- fail (printf "config.projects[%d].credentials.%s.%s: secrets do not belong in a ConfigMap; use %s with a Secret in `secrets`" $index $kind . $file) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
