{{/* The security of a pod, by the standard "restricted". Takes the user's id. */}}
{{- define "crm-library.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "crm-library.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* An image's reference. Takes a list: root, the image's values. */}}
{{- define "crm-library.image" -}}
{{- $image := index . 1 -}}
{{- $image.repository }}{{ with $image.digest }}@{{ . }}{{ else }}:{{ $image.tag | default (index . 0).Chart.AppVersion }}{{ end }}
{{- end }}

{{/*
The environment that the chart makes, as JSON: {name: value}. Secrets are files, which variables that end with _FILE name.
*/}}
{{- define "crm-library.environment" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- $port := (get (include "crm-library.programs" . | fromYaml) .Chart.Name).port -}}
{{- $timeout := printf "%vs" $values.termination.timeoutSeconds -}}
{{- $environment := dict "TELEMETRY__LOG_FORMAT" "json" "TELEMETRY__METRICS_ADDRESS" "0.0.0.0" "TELEMETRY__METRICS_PORT" (include "crm-library.metricsPort" .) -}}
{{- with $values.otlpEndpoint -}}
  {{- $_ := set $environment "TELEMETRY__OTLP_ENDPOINT" . -}}
{{- end -}}
{{- $connections := include "crm-library.connections" . | fromJsonArray -}}
{{- if eq .Chart.Name "gateway" -}}
  {{- $_ := set $environment "HTTP__ADDRESS" "0.0.0.0" -}}
  {{- $_ := set $environment "HTTP__PORT" (toString $port) -}}
  {{- $_ := set $environment "HTTP__STOP_TIMEOUT" $timeout -}}
  {{- range $name, $_ := .Values.services -}}
    {{- $_ := set $environment (printf "SERVICES__%s" (upper $name)) (include "crm-library.address" (list $ $name)) -}}
  {{- end -}}
  {{- $_ := set $environment "CACHE__THINGS" (include "crm-library.text" .Values.cache.things) -}}
  {{- if $connections -}}
    {{- $_ := set $environment "CACHE__BUS_URL_FILE" "/run/secrets/crm/rabbitmq-url" -}}
  {{- end -}}
{{- else -}}
  {{- $_ := set $environment "GRPC__ADDRESS" "0.0.0.0" -}}
  {{- $_ := set $environment "GRPC__PORT" (toString $port) -}}
  {{- $_ := set $environment "GRPC__STOP_TIMEOUT" $timeout -}}
  {{- $_ := set $environment "STORE__URL_FILE" "/run/secrets/crm/mongodb-url" -}}
  {{- $_ := set $environment "BUS__URL_FILE" "/run/secrets/crm/rabbitmq-url" -}}
  {{- if .Values.services -}}
    {{- $_ := set $environment "AUTH__URL" (include "crm-library.address" (list . "auth")) -}}
  {{- end -}}
{{- end -}}
{{- range $section, $keys := .Values.settings -}}
  {{- range $key, $value := $keys -}}
    {{- $name := printf "%s__%s" (upper $section) (upper $key) -}}
    {{- if or (hasKey $environment $name) (hasKey $environment (printf "%s_FILE" $name)) -}}
      {{- fail (printf "settings.%s.%s: the chart sets it by another value" $section $key) -}}
    {{- end -}}
    {{- $_ := set $environment $name (include "crm-library.text" $value) -}}
  {{- end -}}
{{- end -}}
{{- $environment | toJson -}}
{{- end }}

{{/* What a container of the program has, whatever it runs. */}}
{{- define "crm-library.container" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
image: {{ include "crm-library.image" (list . $values.image) }}
imagePullPolicy: {{ $values.image.pullPolicy | default "IfNotPresent" }}
securityContext:
  {{- include "crm-library.securityContext" . | nindent 2 }}
env:
  {{- range $name, $value := include "crm-library.environment" . | fromJson }}
  - name: {{ upper $.Chart.Name }}__{{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- with $values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
resources:
  {{- toYaml $values.resources | nindent 2 }}
{{- if include "crm-library.connections" . | fromJsonArray }}
volumeMounts:
  - name: secrets
    mountPath: /run/secrets/crm
    readOnly: true
{{- end }}
{{- end }}

{{/* What a pod of the program has, whatever it runs. Takes a list: root, further sources of the volume of secrets. */}}
{{- define "crm-library.pod" -}}
{{- $root := index . 0 -}}
{{- $values := include "crm-library.values" $root | fromJson -}}
serviceAccountName: {{ include "crm-library.fullname" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "crm-library.podSecurityContext" 65532 | nindent 2 }}
{{- range $key := list "imagePullSecrets" "priorityClassName" "nodeSelector" "tolerations" "affinity" }}
{{- with get $values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with include "crm-library.connections" $root | fromJsonArray }}
volumes:
  - name: secrets
    {{- include "crm-library.secretsVolume" (list $root . (index $ 1)) | nindent 4 }}
{{- end }}
{{- end }}

{{/* A volume with the addresses of MongoDB and RabbitMQ. Takes a list: root, which of them, further sources. */}}
{{- define "crm-library.secretsVolume" -}}
projected:
  defaultMode: 0440
  sources:
    {{- range $kind := index . 1 }}
    {{- $connection := include "crm-library.connection" (list (index $ 0) $kind) | fromJson }}
    - secret:
        name: {{ $connection.name }}
        items: [{key: {{ $connection.key }}, path: {{ $kind }}-url}]
    {{- end }}
    {{- with index . 2 }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
