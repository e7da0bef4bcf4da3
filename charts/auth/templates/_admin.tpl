{{/* Where the first admin's password is, as JSON: the Secret's name and key. */}}
{{- define "auth.adminSecret" -}}
{{- with .Values.admin.existingSecret -}}
{{- dict "name" (.name | default (printf "%s-admin" (include "crm-library.fullname" $))) "key" (ternary "password" .key (empty .name)) | toJson -}}
{{- end -}}
{{- end }}
