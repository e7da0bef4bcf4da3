{{- define "crm-library.horizontalPodAutoscaler" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- with $values.autoscaling -}}
{{- if .enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "crm-library.fullname" $ }}
  labels:
    {{- include "crm-library.labels" (list $ "server") | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "crm-library.fullname" $ }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .targetCPUUtilizationPercentage }}
{{- end }}
{{- end }}
{{- end }}

{{- define "crm-library.podDisruptionBudget" -}}
{{- $values := include "crm-library.values" . | fromJson -}}
{{- with $values.podDisruptionBudget -}}
{{- if .enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "crm-library.fullname" $ }}
  labels:
    {{- include "crm-library.labels" (list $ "server") | nindent 4 }}
spec:
  {{- if ne (toString .minAvailable) "" }}
  minAvailable: {{ .minAvailable }}
  {{- else }}
  maxUnavailable: {{ .maxUnavailable }}
  {{- end }}
  # A pod that is not ready serves nobody, so nothing is lost with it.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "crm-library.selectorLabels" (list $ "server") | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
