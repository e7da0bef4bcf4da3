{{- define "crm-library.deployment" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- $port := (get (include "crm-library.programs" . | fromYaml) .Chart.Name).port -}}
{{- $isGateway := eq .Chart.Name "gateway" -}}
{{- $drain := int $values.termination.drainSeconds -}}
{{- $timeout := int $values.termination.timeoutSeconds -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "crm-library.fullname" . }}
  labels:
    {{- include "crm-library.labels" (list . "server") | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new pod serves before an old one leaves, for long enough that all who look its name up have found it.
  minReadySeconds: {{ $drain }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "crm-library.selectorLabels" (list . "server") | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "crm-library.labels" (list . "server") | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .Chart.Name }}
        {{- /* Other settings are part of this template, so that a change of them is a new version anyway. */}}
        {{- range $kind := include "crm-library.connections" . | fromJsonArray }}
        {{- with (include "crm-library.connection" (list $ $kind) | fromJson).url }}
        checksum/{{ $kind }}: {{ sha256sum . }}
        {{- end }}
        {{- end }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "crm-library.pod" (list . nil) | nindent 6 }}
      {{- with $values.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- range . }}
        - {{ toYaml . | nindent 10 | trim }}
          labelSelector:
            matchLabels:
              {{- include "crm-library.selectorLabels" (list $ "server") | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      terminationGracePeriodSeconds: {{ add $drain (mul $timeout (ternary 1 2 $isGateway)) 5 }}
      containers:
        - name: {{ .Chart.Name }}
          {{- include "crm-library.container" . | nindent 10 }}
          ports:
            - name: {{ ternary "http" "grpc" $isGateway }}
              containerPort: {{ $port }}
            - name: metrics
              containerPort: {{ include "crm-library.metricsPort" . }}
          startupProbe:
            {{- include "crm-library.probe" (dict "isGateway" $isGateway "port" $port "path" "/healthz" "service" "live") | nindent 12 }}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            {{- include "crm-library.probe" (dict "isGateway" $isGateway "port" $port "path" "/healthz" "service" "live") | nindent 12 }}
            periodSeconds: 10
            timeoutSeconds: 5
          readinessProbe:
            {{- include "crm-library.probe" (dict "isGateway" $isGateway "port" $port "path" "/readyz" "service" "") | nindent 12 }}
            periodSeconds: 5
            timeoutSeconds: 4
            failureThreshold: 2
          lifecycle:
            preStop:
              sleep: {seconds: {{ $drain }}}
{{- end }}

{{- define "crm-library.probe" -}}
{{- if .isGateway -}}
httpGet: {path: {{ .path }}, port: http}
{{- else -}}
grpc: {port: {{ .port }}, service: {{ .service | quote }}}
{{- end -}}
{{- end }}
