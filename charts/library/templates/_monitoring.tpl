{{- define "crm-library.serviceMonitor" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- with $values.monitoring.serviceMonitor -}}
{{- if and .enabled ($.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "crm-library.fullname" $ }}
  labels:
    {{- include "crm-library.labels" (list $ "server") | nindent 4 }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "crm-library.selectorLabels" (list $ "server") | nindent 6 }}
  endpoints:
    - port: metrics
      interval: {{ .interval }}
{{- end }}
{{- end }}
{{- end }}

{{- define "crm-library.prometheusRule" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- with $values.monitoring.prometheusRule -}}
{{- if and .enabled ($.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "crm-library.fullname" $ }}
  labels:
    {{- include "crm-library.labels" (list $ "server") | nindent 4 }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  groups:
    - name: {{ include "crm-library.fullname" $ }}
      rules:
        {{- include (eq $.Chart.Name "gateway" | ternary "crm-library.rulesOfGateway" "crm-library.rulesOfService") $ | nindent 8 }}
{{- end }}
{{- end }}
{{- end }}

{{/* What selects the series of this program: the job is named after its Service. */}}
{{- define "crm-library.series" -}}
namespace="{{ .Release.Namespace }}", job="{{ include "crm-library.fullname" . }}"
{{- end }}

{{- define "crm-library.rulesOfGateway" -}}
{{- $series := include "crm-library.series" . -}}
- alert: CrmGraphqlErrors
  expr: |
    sum(rate(graphql_server_request_duration_seconds_count{ {{- $series }}, http_response_status_code=~"5.."}[5m]))
      / sum(rate(graphql_server_request_duration_seconds_count{ {{- $series }}}[5m])) > 0.01
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: More than 1 % of GraphQL requests fail with a 5xx status.
- alert: CrmGraphqlSlow
  expr: |
    histogram_quantile(0.99, sum by (le) (rate(graphql_server_request_duration_seconds_bucket{ {{- $series }}}[5m]))) > 0.5
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: 1 % of GraphQL requests take longer than half a second.
{{- end }}

{{- define "crm-library.rulesOfService" -}}
{{- $series := include "crm-library.series" . -}}
- alert: CrmGrpcErrors
  expr: |
    sum by (rpc_service) (rate(rpc_server_duration_seconds_count{ {{- $series }}, rpc_grpc_status_code=~"INTERNAL|UNKNOWN|DATA_LOSS|UNAVAILABLE|DEADLINE_EXCEEDED|UNIMPLEMENTED"}[5m]))
      / sum by (rpc_service) (rate(rpc_server_duration_seconds_count{ {{- $series }}}[5m])) > 0.01
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: More than 1 % of calls of {{ "{{ $labels.rpc_service }}" }} fail.
- alert: CrmGrpcSlow
  expr: |
    histogram_quantile(0.99, sum by (le, rpc_service) (rate(rpc_server_duration_seconds_bucket{ {{- $series }}}[5m]))) > 0.5
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: 1 % of calls of {{ "{{ $labels.rpc_service }}" }} take longer than half a second.
- alert: CrmOutboxStuck
  expr: max(outbox_age_seconds{ {{- $series }}}) > 60
  for: 5m
  labels: {severity: critical}
  annotations:
    summary: Events of {{ .Chart.Name }} wait for more than a minute to be sent.
    description: The broker can't be reached or refuses them. Nothing is lost; the other services act on old facts until they are sent.
- alert: CrmEventsLate
  expr: |
    histogram_quantile(0.99, sum by (le, consumer) (rate(events_lag_seconds_bucket{ {{- $series }}}[5m]))) > 10
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: 1 % of events have their effect at {{ "{{ $labels.consumer }}" }} later than ten seconds after they happened.
- alert: CrmDeadLetters
  {{- /* Every program measures the queues of all consumers. */}}
  expr: max by (consumer) (events_dead_letters{ {{- $series }}, consumer=~"{{ .Chart.Name }}\\..*"}) > 0
  labels: {severity: warning}
  annotations:
    summary: '{{ "{{ $labels.consumer }}" }} gave up on {{ "{{ $value }}" }} events.'
    description: Look at them with `{{ .Chart.Name }} dead-letters list`, and replay them when the reason is gone.
{{- end }}
