// Values of the chart that a user may choose: each option on and off, with what else it needs.
import { thresholds } from '../../scripts/alerts/alert.ts';

const credentials = { secretRef: { name: 'pca-access-key' } };
const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };

const monitor = {
  enabled: true,
  namespace: 'kube-public',
  interval: '30s',
  scrapeTimeout: '5s',
  labels: { release: 'prometheus' },
  annotations: { a: 'b' },
  honorLabels: true,
  relabelings: [{ sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'node' }],
  metricRelabelings: [{ action: 'drop', regex: 'nodejs_.*', sourceLabels: ['__name__'] }],
};

/** One choice of values. */
export type Choice = readonly [name: string, values: Readonly<Record<string, unknown>>];

/** Every choice; together they set every value of the schema to something other than its default. */
export const choices: readonly Choice[] = [
  ['the defaults', {}],
  ['other names', { nameOverride: 'pca', fullnameOverride: 'pca-issuer', namespaceOverride: 'kube-public' }],
  [
    'an image with a digest',
    {
      image: { repository: 'example.com/pca', tag: 'v1', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
      imagePullSecrets: [{ name: 'registry' }],
    },
  ],
  ['no CertificateSigningRequests', { certificateSigningRequests: { enabled: false } }],
  ['no replica', { replicaCount: 0, tests: { enabled: false } }],
  ['one replica without an election', { replicaCount: 1, leaderElection: { enabled: false } }],
  ['no definitions', { crds: { enabled: false } }],
  ['definitions that go with the release', { crds: { keep: false } }],
  ['another namespace for cluster issuers', { clusterResourceNamespace: 'kube-public' }],
  ['Secrets of two namespaces', { secretAccess: { namespaces: ['kube-public', 'default'] } }],
  ['ConfigMaps of two namespaces', { configMapAccess: { namespaces: ['kube-public', 'default'] } }],
  [
    'tokens of ServiceAccounts',
    {
      serviceAccountTokens: {
        namespaces: ['kube-public'],
        serviceAccounts: [{ namespace: 'default', names: ['pca', 'other'] }],
      },
    },
  ],
  ['the role of the nodes', { ecsRole: { namespacedIssuers: true, metadataV1: true } }],
  ['all Secrets', { secretAccess: { clusterWide: true } }],
  [
    'hosts and networks of issuers',
    { issuerHosts: ['*.example.com', '[::1]:8443'], refusedNetworks: ['10.96.0.0/12'] },
  ],
  [
    'rules',
    {
      issuerRules: {
        contact: 'pki@example.com',
        rules: [
          { name: 'teams', namespaces: ['team-*'], identities: ['Secret', 'ServiceAccount'] },
          {
            name: 'cluster',
            cluster: true,
            contact: 'Ask in #pki.',
            identities: ['OperatorRole', 'NodeRole'],
            roleArns: ['acs:ram::*:role/pca-*'],
            parentIdentifiers: ['1ed4068c-*'],
            instanceIds: ['cas_deposit-cn-*'],
            hosts: ['cas.*.aliyuncs.com'],
            limits: { maxDuration: '2160h', certificatesPerHour: 10, certificatesPerDay: 100 },
          },
        ],
      },
      podAnnotations: { e: 'f' },
    },
  ],
  [
    'rules beside extra parts',
    {
      issuerRules: { contact: '#pki', rules: [{ name: 'all', namespaces: ['*'] }] },
      rrsa: { enabled: true },
      extraVolumes: [{ name: 'extra', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
    },
  ],
  [
    'a proxy',
    { proxy: { url: 'https://proxy.example:3128', noProxy: ['.internal', '10.0.0.0/8'], caBundle: '-----BEGIN' } },
  ],
  ['a proxy with a password', { proxy: { urlSecret: { name: 'proxy', key: 'address' } }, plainHttpEndpoints: true }],
  [
    'a role by a token of its own',
    {
      rrsa: {
        enabled: true,
        roleArn: 'acs:ram::1:role/pca',
        oidcProviderArn: 'acs:ram::1:oidc-provider/p',
        audience: 'other',
        tokenExpirationSeconds: 600,
        namespacedIssuers: true,
      },
      sts: { endpoint: 'sts.example:8443', region: 'cn-beijing', vpc: true },
    },
  ],
  ['a role that only issuers name', { rrsa: { enabled: true } }],
  ['a role by the webhook', { rrsa: { enabled: true, webhook: true, roleName: 'pca' } }],
  [
    'a role by the webhook, with annotations of its own',
    { rrsa: { enabled: true, webhook: true, roleName: 'pca' }, serviceAccount: { annotations: { a: 'b' } } },
  ],
  ['STS in the VPC', { sts: { vpc: true } }],
  [
    'issuers',
    {
      clusterIssuers: [
        { name: 'pca', spec: { parentIdentifier: 'ca', credentials: { rrsa: {} } }, labels: { a: 'b' } },
        { name: 'key', spec: { parentIdentifier: 'ca', credentials } },
      ],
      issuers: [
        {
          name: 'pca',
          namespace: 'default',
          annotations: { a: 'b' },
          spec: { parentIdentifier: 'ca', operation: 'CreateClientCertificateWithCsr', credentials },
        },
      ],
    },
  ],
  ['another cert-manager', { certManager: { serviceAccount: { name: 'cm', namespace: 'kube-system' } } }],
  ['no right to approve', { approverRole: { enabled: false } }],
  [
    'other approvers',
    {
      approverRole: {
        subjects: [
          { kind: 'ServiceAccount', name: 'approver-policy', namespace: 'cert-manager' },
          { kind: 'User', name: 'alice' },
          { kind: 'Group', name: 'pki' },
        ],
      },
    },
  ],
  ["no part of Kubernetes' roles", { rbac: { aggregateClusterRoles: false } }],
  ['no rights', { rbac: { create: false } }],
  [
    'a ServiceAccount of its own',
    {
      serviceAccount: {
        name: 'pca',
        annotations: { a: 'b' },
        labels: { c: 'd' },
        automountServiceAccountToken: true,
      },
      automountServiceAccountToken: false,
    },
  ],
  ['a ServiceAccount that exists', { serviceAccount: { create: false, name: 'pca' } }],
  ['the default ServiceAccount', { serviceAccount: { create: false } }],
  ['text logs', { log: { level: 'debug', format: 'text' }, maxConcurrentRequests: 8 }],
  [
    'extra parts',
    {
      extraArgs: ['--pca-timeout=10s'],
      extraEnv: [
        { name: 'NODE_EXTRA_CA_CERTS', value: '/extra/ca.crt' },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ],
      extraEnvFrom: [{ prefix: 'A_', secretRef: { name: 'extra', optional: true } }],
      extraVolumes: [{ name: 'extra', configMap: { name: 'extra' } }],
      extraVolumeMounts: [{ name: 'extra', mountPath: '/extra', readOnly: true }],
      initContainers: [{ name: 'first', image: 'example.com/first', restartPolicy: 'Always' }],
      extraContainers: [{ name: 'beside', image: 'example.com/beside', ports: [{ containerPort: 1 }] }],
      lifecycle: { preStop: { sleep: { seconds: 3 } } },
      extraObjects: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-object', namespace: 'default' } },
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: text\n  namespace: {{ .Release.Namespace }}\n',
      ],
    },
  ],
  [
    'extra parts beside a role',
    {
      rrsa: { enabled: true },
      extraEnv: [{ name: 'A', value: 'b' }],
      extraVolumes: [{ name: 'extra', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
    },
  ],
  [
    'labels and annotations',
    {
      commonLabels: { team: 'pki' },
      commonAnnotations: { g: 'h' },
      deploymentLabels: { i: 'j' },
      deploymentAnnotations: { a: 'b' },
      podLabels: { c: 'd' },
      podAnnotations: { e: 'f' },
    },
  ],
  [
    'another port and other probes',
    {
      port: 9090,
      probes: {
        startup: { initialDelaySeconds: 1, periodSeconds: 2, timeoutSeconds: 3, failureThreshold: 40 },
        liveness: { initialDelaySeconds: 1, periodSeconds: 20, timeoutSeconds: 6, failureThreshold: 4 },
        readiness: {
          initialDelaySeconds: 1,
          periodSeconds: 6,
          timeoutSeconds: 3,
          failureThreshold: 4,
          successThreshold: 2,
        },
      },
    },
  ],
  ['no metrics Service', { metrics: { service: { enabled: false } } }],
  [
    'a ServiceMonitor',
    {
      metrics: {
        service: { port: 80, annotations: { a: 'b' }, labels: { c: 'd' } },
        serviceMonitor: monitor,
        prometheusRule: {
          enabled: true,
          namespace: 'kube-public',
          interval: '1m',
          alertLabels: { team: 'pki' },
          selector: 'cluster="a"',
          runbookUrl: 'https://example.com/alerts',
          disabledAlerts: ['AlibabaPCAIssuerLogLinesLost'],
          thresholds: Object.fromEntries(Object.keys(thresholds).map((name) => [name, 0.5])),
          labels: { release: 'prometheus' },
          annotations: { a: 'b' },
        },
        dashboard: {
          enabled: true,
          namespace: 'kube-public',
          labels: { dashboards: 'yes' },
          annotations: { grafana_folder: 'PKI' },
        },
      },
    },
  ],
  [
    'traces',
    {
      tracing: {
        enabled: true,
        endpoint: 'https://otel.example:4318',
        headersSecret: { name: 'otel', key: 'values' },
        ratio: 0.25,
      },
    },
  ],
  ['a dashboard with defaults', { metrics: { dashboard: { enabled: true } } }],
  ['a PrometheusRule with defaults', { metrics: { prometheusRule: { enabled: true } } }],
  [
    'metrics for a few',
    {
      metrics: {
        secure: {
          enabled: true,
          port: 9443,
          tlsSecret: 'metrics-tls',
          readers: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }],
        },
        serviceMonitor: { enabled: true, tlsConfig: { insecureSkipVerify: true } },
      },
      networkPolicy: { enabled: true },
      certificateSigningRequests: { enabled: false },
      rrsa: { enabled: true },
    },
  ],
  ['a PodMonitor without a Service', { metrics: { service: { enabled: false }, podMonitor: monitor } }],
  ['a PodMonitor with defaults', { metrics: { podMonitor: { enabled: true } } }],
  ['a ServiceMonitor with defaults', { metrics: { serviceMonitor: { enabled: true } } }],
  ['a NetworkPolicy', { networkPolicy: { enabled: true } }],
  [
    'a narrow NetworkPolicy',
    {
      networkPolicy: {
        enabled: true,
        metricsFrom: [peer],
        dnsTo: [peer],
        apiServerTo: [{ ipBlock: { cidr: '10.0.0.1/32' } }],
        apiServerPorts: [6443],
        cloudTo: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }],
        cloudPorts: [8443],
        extraEgress: [{ to: [peer], ports: [{ port: 3128, protocol: 'TCP' }] }],
      },
    },
  ],
  ['no PodDisruptionBudget', { podDisruptionBudget: { enabled: false } }],
  ['a PodDisruptionBudget in percent', { podDisruptionBudget: { maxUnavailable: '50%' } }],
  [
    'a PodDisruptionBudget that leaves one',
    { podDisruptionBudget: { minAvailable: 1, unhealthyPodEvictionPolicy: 'IfHealthyBudget' } },
  ],
  [
    'another way to new versions',
    {
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } },
      revisionHistoryLimit: 2,
    },
  ],
  ["a node's network", { hostNetwork: true, schedulerName: 'other' }],
  [
    "a platform's own users",
    {
      podSecurityContext: {
        runAsUser: null,
        runAsGroup: null,
        fsGroup: 1,
        fsGroupChangePolicy: 'OnRootMismatch',
        supplementalGroups: [2],
        supplementalGroupsPolicy: 'Strict',
        appArmorProfile: { type: 'RuntimeDefault' },
        seLinuxOptions: { user: 'a', role: 'b', type: 'c', level: 's0' },
        seLinuxChangePolicy: 'Recursive',
        sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
      },
      containerSecurityContext: {
        privileged: false,
        runAsNonRoot: true,
        runAsUser: 3,
        runAsGroup: 4,
        capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
        procMount: 'Default',
        seccompProfile: { type: 'Localhost', localhostProfile: 'profile.json' },
      },
    },
  ],
  [
    "a platform's own names",
    {
      runtimeClassName: 'gvisor',
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['cas.aliyuncs.com'] }],
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.0.0.2'], searches: ['example.com'], options: [{ name: 'ndots', value: '1' }] },
    },
  ],
  [
    'a place for the pods',
    {
      resources: { requests: { cpu: 1, memory: '256Mi' } },
      terminationGracePeriodSeconds: 60,
      priorityClassName: 'system-cluster-critical',
      nodeSelector: { 'kubernetes.io/arch': 'arm64' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { a: 'b' } } },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
  ],
];
