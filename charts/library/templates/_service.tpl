{{/* Of gRPC programs headless: clients know every pod and share calls among them. */}}
{{- define "crm-library.service" -}}
{{- $isGateway := eq .Chart.Name "gateway" -}}
{{- $port := (get (include "crm-library.programs" . | fromYaml) .Chart.Name).port -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "crm-library.fullname" . }}
  labels:
    {{- include "crm-library.labels" (list . "server") | nindent 4 }}
  {{- with dig "annotations" dict (.Values.service | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if $isGateway }}
  type: {{ .Values.service.type }}
  {{- else }}
  clusterIP: None
  publishNotReadyAddresses: false
  {{- end }}
  selector:
    {{- include "crm-library.selectorLabels" (list . "server") | nindent 4 }}
  ports:
    - name: {{ ternary "http" "grpc" $isGateway }}
      port: {{ $port }}
      targetPort: {{ ternary "http" "grpc" $isGateway }}
      appProtocol: {{ ternary "http" "kubernetes.io/h2c" $isGateway }}
    - name: metrics
      port: {{ include "crm-library.metricsPort" . }}
      targetPort: metrics
      appProtocol: http
{{- end }}

{{- define "crm-library.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "crm-library.fullname" . }}
  labels:
    {{- include "crm-library.labels" (list . "server") | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}

{{/* The addresses of MongoDB and RabbitMQ that were given as values. */}}
{{- define "crm-library.secret" -}}
{{- $data := dict -}}
{{- range $kind := include "crm-library.connections" . | fromJsonArray -}}
  {{- $connection := include "crm-library.connection" (list $ $kind) | fromJson -}}
  {{- if $connection.owned -}}
    {{- $_ := set $data $connection.key $connection.url -}}
  {{- end -}}
{{- end -}}
{{- if $data -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "crm-library.fullname" . }}
  labels:
    {{- include "crm-library.labels" (list . "server") | nindent 4 }}
type: Opaque
stringData:
  {{- toYaml $data | nindent 2 }}
{{- end }}
{{- end }}
