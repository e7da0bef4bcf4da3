{{/* Takes a list: root, mongodb or rabbitmq. */}}
{{- define "crm.storeSelectorLabels" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "crm.storeLabels" -}}
{{ include "crm.storeSelectorLabels" . }}
app.kubernetes.io/component: store
app.kubernetes.io/part-of: crm
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{/*
A MongoDB or RabbitMQ of one pod, with all that goes with it, where it is to run in the release. Its scripts are in files/:
start.sh is the process, ready.sh, if there is one, ends when it can serve. Takes a dict: root, kind, port, data, env.
*/}}
{{- define "crm.store" -}}
{{- $root := .root -}}
{{- $of := list $root .kind -}}
{{- $name := include "crm-library.nameInRelease" $of -}}
{{- $values := get $root.Values .kind -}}
{{- $given := get $root.Values.global .kind -}}
{{- $scripts := $root.Files.Glob (printf "files/%s/*" .kind) -}}
{{- if and $given.inCluster $given.url -}}
  {{- fail (printf "global.%s: give inCluster or url, not both" .kind) -}}
{{- end -}}
{{- if and (not $given.existingSecret.name) (or $given.inCluster $given.url) }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ $name }}
  labels:
    {{- include "crm.storeLabels" $of | nindent 4 }}
type: Opaque
stringData:
  {{- if $given.inCluster }}
  {{- $password := include "crm-library.password" (list $root $name) }}
  password: {{ $password | quote }}
  url: {{ .url | replace "PASSWORD" $password | replace "HOST" $name | quote }}
  {{- else }}
  url: {{ $given.url | quote }}
  {{- end }}
{{- end }}
{{- if $given.inCluster }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels:
    {{- include "crm.storeLabels" $of | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels:
    {{- include "crm.storeLabels" $of | nindent 4 }}
data:
  {{- $scripts.AsConfig | nindent 2 }}
---
# Headless: the pod has a name of its own.
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "crm.storeLabels" $of | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- include "crm.storeSelectorLabels" $of | nindent 4 }}
  ports:
    - {name: {{ .kind }}, port: {{ .port }}, targetPort: {{ .kind }}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
  labels:
    {{- include "crm.storeLabels" $of | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "crm.storeSelectorLabels" $of | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- range .clients }}
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: {{ . }}
              app.kubernetes.io/instance: {{ $root.Release.Name }}
        {{- end }}
      ports: [{port: {{ .port }}}]
  egress: []
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  labels:
    {{- include "crm.storeLabels" $of | nindent 4 }}
  annotations:
    checkov.io/skip1: CKV_K8S_40=999 is the user of the official images.
spec:
  serviceName: {{ $name }}
  replicas: 1
  selector:
    matchLabels:
      {{- include "crm.storeSelectorLabels" $of | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "crm.storeLabels" $of | nindent 8 }}
      annotations:
        checksum/config: {{ $scripts.AsConfig | sha256sum }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with $root.Values.global.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "crm-library.podSecurityContext" 999 | nindent 8 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ .kind }}
          image: {{ include "crm-library.image" (list $root $values.image) }}
          imagePullPolicy: {{ $values.image.pullPolicy | default "IfNotPresent" }}
          securityContext:
            {{- include "crm-library.securityContext" . | nindent 12 }}
          command: [bash, /scripts/start.sh]
          env:
            {{- toYaml .env | nindent 12 }}
          ports:
            - {name: {{ .kind }}, containerPort: {{ .port }}}
          {{- if $root.Files.Get (printf "files/%s/ready.sh" .kind) }}
          # Probes begin when this has ended; where it fails the container is started again.
          lifecycle:
            postStart:
              exec:
                command: [timeout, "300", bash, /scripts/ready.sh]
          {{- end }}
          startupProbe:
            tcpSocket: {port: {{ .kind }}}
            periodSeconds: 2
            failureThreshold: 150
          livenessProbe:
            tcpSocket: {port: {{ .kind }}}
            periodSeconds: 10
            timeoutSeconds: 5
          readinessProbe:
            tcpSocket: {port: {{ .kind }}}
            periodSeconds: 5
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: {{ .data }}}
            - {name: tmp, mountPath: /tmp}
            - {name: scripts, mountPath: /scripts, readOnly: true}
            - {name: secret, mountPath: /run/secrets/store, readOnly: true}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: scripts
          configMap:
            name: {{ $name }}
        - name: secret
          secret:
            secretName: {{ $given.existingSecret.name | default $name }}
            defaultMode: 0440
            items: [{key: password, path: password}]
  # These stay when the release is uninstalled.
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "crm.storeSelectorLabels" $of | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $values.storage.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ $values.storage.size }}
{{- end }}
{{- end }}
