{{/*
A job of the program, which Helm waits for. Takes a dict: root, component, hook, args, and secrets, further sources of the
volume of secrets.
*/}}
{{- define "crm-library.job" -}}
{{- $root := .root -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "crm-library.fullname" $root }}-{{ .component }}
  labels:
    {{- include "crm-library.labels" (list $root .component) | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hook }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    helm.sh/hook-output-log-policy: hook-failed
spec:
  backoffLimit: 10
  # One that failed is there to be looked at, for a day.
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels:
        {{- include "crm-library.labels" (list $root .component) | nindent 8 }}
    spec:
      {{- include "crm-library.pod" (list $root .secrets) | nindent 6 }}
      restartPolicy: Never
      containers:
        - name: {{ .component }}
          {{- include "crm-library.container" $root | nindent 10 }}
          args:
            {{- toYaml .args | nindent 12 }}
{{- end }}

{{/*
Brings the database to the new version, so that its indexes are there before the first new pod is. On an installation
there is nothing to bring anywhere: programs make what is missing when they start.
*/}}
{{- define "crm-library.migration" -}}
{{- if .Values.migration.enabled -}}
{{- include "crm-library.job" (dict "root" . "component" "migration" "hook" "pre-upgrade" "args" (list "migrate") "secrets" nil) }}
{{- end }}
{{- end }}
