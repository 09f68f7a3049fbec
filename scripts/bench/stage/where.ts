// What a contestant has to know of the stage.

/** Names of the cluster issuers of our operator: a CA issues for keys of its own kind only. */
export const issuerNames = { ECDSA: 'bench', RSA: 'bench-rsa' } as const;

/** Where a contestant runs. */
export interface WhereItRuns {
  /** The administrator's. */
  readonly kubeconfig: string;
  /** That of the chart's ServiceAccount. */
  readonly operatorKubeconfig: string;
  /** What makes our operator believe that it runs in a pod; undefined where this machine does not let it. */
  readonly pod: PodSurroundings | undefined;
  /** Namespace of the chart. */
  readonly namespace: string;
  /** Where logs go. */
  readonly directory: string;
}

/** A pod's environment, and a folder as the kubelet mounts it for the ServiceAccount. */
export interface PodSurroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
}
