{{/* Nothing but ARCHITECTURE.md's arrows, names, metrics and traces. */}}
{{- define "crm-library.networkPolicy" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- $policy := $values.networkPolicy -}}
{{- $programs := include "crm-library.programs" . | fromYaml -}}
{{- $program := get $programs .Chart.Name -}}
{{- if $policy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "crm-library.fullname" . }}
  labels:
    {{- include "crm-library.labels" (list . "server") | nindent 4 }}
spec:
  # The servers and the jobs.
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ .Chart.Name }}
      app.kubernetes.io/instance: {{ .Release.Name }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- range $name, $caller := $programs }}
        {{- if has $.Chart.Name $caller.calls }}
        {{- include "crm-library.peer" (list $ $name) | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- if eq .Chart.Name "gateway" }}
        {{- include "crm-library.peers" (list $policy.clients "ingress-nginx") | nindent 8 }}
        {{- if not .Chart.IsRoot }}
        - podSelector:
            matchLabels:
              app.kubernetes.io/instance: {{ .Release.Name }}
              app.kubernetes.io/component: test
        {{- end }}
        {{- end }}
      ports: [{port: {{ $program.port }}}]
    - from:
        {{- include "crm-library.peers" (list $policy.monitoring "monitoring") | nindent 8 }}
      ports: [{port: {{ include "crm-library.metricsPort" . }}}]
  egress:
    {{- include "crm-library.egressToDns" $policy | nindent 4 }}
    {{- range $name := $program.calls }}
    - to:
        {{- include "crm-library.peer" (list $ $name) | nindent 8 }}
      ports: [{port: {{ (get $programs $name).port }}}]
    {{- end }}
    {{- range $kind := include "crm-library.connections" . | fromJsonArray }}
    {{- include "crm-library.egressToConnection" (list $ $kind $policy) | nindent 4 }}
    {{- end }}
    {{- with $values.otlpEndpoint }}
    - ports: [{port: {{ regexFind ":[0-9]+" (. | trimPrefix "http://" | trimPrefix "https://") | trimPrefix ":" | default "4317" }}}]
      {{- with $policy.otlp }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{/* The pods of another program: in the chart crm those of the same release. Takes a list: root, name. */}}
{{- define "crm-library.peer" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ index . 1 }}
      app.kubernetes.io/part-of: crm
      {{- if not (index . 0).Chart.IsRoot }}
      app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
      {{- end }}
{{- end }}

{{/* Peers as given, or a namespace. Takes a list: peers, the namespace. */}}
{{- define "crm-library.peers" -}}
{{- with index . 0 -}}
{{- toYaml . }}
{{- else -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ index . 1 }}
{{- end }}
{{- end }}

{{/* Takes the values of the network policy. */}}
{{- define "crm-library.egressToDns" -}}
- to:
    {{- with .dns }}
    {{- toYaml . | nindent 4 }}
    {{- else }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
    {{- end }}
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}

{{/* To MongoDB or RabbitMQ. Takes a list: root, which, the values of the network policy. */}}
{{- define "crm-library.egressToConnection" -}}
{{- $root := index . 0 -}}
{{- $kind := index . 1 -}}
{{- $given := dig $kind dict (index . 2) -}}
{{- $ports := get (dict "mongodb" (list 27017) "rabbitmq" (list 5671 5672)) $kind -}}
{{- if (include "crm-library.connection" (list $root $kind) | fromJson).inCluster -}}
- to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: {{ $kind }}
          app.kubernetes.io/instance: {{ $root.Release.Name }}
  ports: [{port: {{ last $ports }}}]
{{- else -}}
- ports:
    {{- range $given.ports | default $ports }}
    - port: {{ . }}
    {{- end }}
  {{- with $given.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
