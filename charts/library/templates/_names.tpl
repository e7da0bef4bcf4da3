{{/* The programs, the port of each, and whom it calls: ARCHITECTURE.md's arrows. */}}
{{- define "crm-library.programs" -}}
gateway: {port: 8080, calls: [auth, employee, customer, order]}
auth: {port: 50051, calls: []}
employee: {port: 50052, calls: [auth]}
customer: {port: 50053, calls: [auth]}
order: {port: 50054, calls: [auth]}
{{- end }}

{{- define "crm-library.metricsPort" -}}9090{{- end }}

{{/* The name of what belongs to a release: <release>-<name>, or the release's where it says the name already. Takes a list: root, name. */}}
{{- define "crm-library.nameInRelease" -}}
{{- $release := (index . 0).Release.Name -}}
{{- $name := index . 1 -}}
{{- contains $name $release | ternary $release (printf "%s-%s" $release $name) | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "crm-library.fullname" -}}
{{- .Values.fullnameOverride | default (include "crm-library.nameInRelease" (list . (.Values.nameOverride | default .Chart.Name))) }}
{{- end }}

{{/* What selects pods. Takes a list: root, component. */}}
{{- define "crm-library.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Takes a list: root, component. */}}
{{- define "crm-library.labels" -}}
{{- $root := index . 0 -}}
{{ include "crm-library.selectorLabels" . }}
app.kubernetes.io/part-of: crm
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}
