// Where an API server is and as whom to ask it: what a kubeconfig or a pod's service account says.

/** A PEM text as it is, or the file to read it from each time. */
export type PemSource = { readonly pem: string } | { readonly file: string };

export interface KubeAccess {
  /** `https://host:port`, with a path where it stands behind one; without a slash at the end. */
  readonly server: string;
  /** Where all this was read, for messages. */
  readonly source: string;
  /** Null: what the system trusts. */
  readonly ca: PemSource | null;
  readonly skipVerify: boolean;
  /** Name to verify instead of the host of `server`; '' = that. */
  readonly serverName: string;
  /** `http://…` or `https://…`, '' = none. */
  readonly proxyUrl: string;
  readonly user: KubeUser;
}

/** The parts that are set count together. Source: AuthInfo of client-go's clientcmd/api/v1. */
export interface KubeUser {
  readonly token?: string;
  /** Read again for each request: tokens of pods are renewed in place. */
  readonly tokenFile?: string;
  readonly certificate?: PemSource;
  readonly key?: PemSource;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly exec?: ExecPlugin;
}

/** A program that prints an ExecCredential. Source: client.authentication.k8s.io. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a program to its end, with `env` beside our own environment. Rejects where it can't be started or fails, with what it said. */
export type RunPlugin = (plugin: ExecPlugin, env: Readonly<Record<string, string>>) => Promise<string>;
