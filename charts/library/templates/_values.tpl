{{/*
The values, with those under `global` in the place of empty ones, so that the chart crm sets once what all programs
share; as JSON. Values that make no sense, and that no schema can tell, end here.
*/}}
{{- define "crm-library.values" -}}
{{- $shared := pick (.Values.global | default dict) "image" "imagePullSecrets" "otlpEndpoint" "networkPolicy" "monitoring" -}}
{{- $values := merge (.Values | toJson | fromJson) ($shared | toJson | fromJson) -}}
{{- $autoscaling := $values.autoscaling -}}
{{- if and $autoscaling.enabled (gt (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas)) -}}
  {{- fail "autoscaling: minReplicas is above maxReplicas" -}}
{{- end -}}
{{- if and $autoscaling.enabled (eq (int $values.replicas) 0) -}}
  {{- fail "autoscaling: it would start again what replicas: 0 stops" -}}
{{- end -}}
{{- $budget := $values.podDisruptionBudget -}}
{{- $replicas := $autoscaling.enabled | ternary $autoscaling.minReplicas $values.replicas | int -}}
{{- $isNumber := not (kindIs "string" $budget.minAvailable) -}}
{{- $keepsAll := or (and $isNumber (ge (int $budget.minAvailable) $replicas)) (eq (toString $budget.minAvailable) "100%") -}}
{{- $takesNone := and (eq (toString $budget.minAvailable) "") (has (toString $budget.maxUnavailable) (list "0" "0%" "")) -}}
{{- if and $budget.enabled (gt $replicas 0) (or $keepsAll $takesNone) -}}
  {{- fail (printf "podDisruptionBudget: no node could be drained with minAvailable %q and maxUnavailable %q of %d pods" (toString $budget.minAvailable) (toString $budget.maxUnavailable) $replicas) -}}
{{- end -}}
{{- $values | toJson -}}
{{- end }}

{{/* A value of a setting as text: Helm reads numbers of YAML as floats and would write large ones as 1e+07. */}}
{{- define "crm-library.text" -}}
{{- if and (kindIs "float64" .) (eq (. | int64 | float64) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/*
Where the address of MongoDB or RabbitMQ is, as JSON: the Secret's name and key; url and owned where this chart makes
it; inCluster where it runs in the release. Takes a list: root, mongodb or rabbitmq.
*/}}
{{- define "crm-library.connection" -}}
{{- $root := index . 0 -}}
{{- $kind := index . 1 -}}
{{- $own := dig $kind dict ($root.Values | toJson | fromJson) -}}
{{- $global := dig "global" $kind dict ($root.Values | toJson | fromJson) -}}
{{- $isOwn := or $own.url (dig "existingSecret" "name" "" $own) -}}
{{- $given := ternary $own $global (not (empty $isOwn)) -}}
{{- $secret := dig "existingSecret" "name" "" $given -}}
{{- $inCluster := and (empty $isOwn) (dig "inCluster" false $global) -}}
{{- if and $given.url $secret -}}
  {{- fail (printf "%s: give url or existingSecret, not both" $kind) -}}
{{- else if $secret -}}
  {{- dict "name" $secret "key" (dig "existingSecret" "key" "url" $given) "inCluster" $inCluster | toJson -}}
{{- else if and $given.url (or $isOwn (and $root.Chart.IsRoot (ne $root.Chart.Name "crm"))) -}}
  {{- dict "name" (include "crm-library.fullname" $root) "key" (printf "%s-url" $kind) "url" $given.url "owned" true "inCluster" false | toJson -}}
{{- else if or $given.url $inCluster -}}
  {{- dict "name" (include "crm-library.nameInRelease" (list $root $kind)) "key" "url" "url" $given.url "inCluster" $inCluster | toJson -}}
{{- else -}}
  {{- fail (printf "%s.existingSecret.name: the Secret with the address of %s; or, to try it out, %s.url" $kind $kind $kind) -}}
{{- end -}}
{{- end }}

{{/* Which of MongoDB and RabbitMQ the program uses, as a JSON list. */}}
{{- define "crm-library.connections" -}}
{{- if ne .Chart.Name "gateway" -}}
  {{- list "mongodb" "rabbitmq" | toJson -}}
{{- else -}}
  {{- gt (int .Values.cache.things) 0 | ternary (list "rabbitmq") list | toJson -}}
{{- end -}}
{{- end }}

{{/* Where a program that this one calls answers. Takes a list: root, name. */}}
{{- define "crm-library.address" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $port := (get (include "crm-library.programs" $root | fromYaml) $name).port -}}
{{- if get $root.Values.services $name -}}
  {{- get $root.Values.services $name -}}
{{- else if $root.Chart.IsRoot -}}
  {{- fail (printf "services.%s: where %s answers, such as http://%s:%v" $name $name $name $port) -}}
{{- else -}}
  {{- printf "http://%s:%v" (include "crm-library.nameInRelease" (list $root $name)) $port -}}
{{- end -}}
{{- end }}

{{/* A password that is made once and kept. Takes a list: root, the Secret's name. */}}
{{- define "crm-library.password" -}}
{{- $secret := lookup "v1" "Secret" (index . 0).Release.Namespace (index . 1) -}}
{{- with dig "data" "password" "" ($secret | default dict) -}}
  {{- . | b64dec -}}
{{- else -}}
  {{- randAlphaNum 32 -}}
{{- end -}}
{{- end }}
