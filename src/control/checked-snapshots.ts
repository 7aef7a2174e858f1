// Hands out snapshots that hang together, and never one that does not.
import type { Log } from '../base/log.ts';
import { type Issue, renderIssue } from '../base/result.ts';
import type { ClusterSpec } from '../model/cluster-spec.ts';
import { checkConsistent, EMPTY_SNAPSHOT, type Snapshot } from '../model/snapshot.ts';
import type { Mesh } from './translate/mesh.ts';
import { Recent } from './translate/recent.ts';
import { type View, viewKey } from './translate/view.ts';
import { ViewSnapshots } from './translate/view-snapshots.ts';

const MAX_REMEMBERED = 1_000;
const TOLD = 3;

type Check = (snapshot: Snapshot) => readonly Issue[];

export class CheckedSnapshots {
  readonly #log: Log;
  readonly #check: Check;
  readonly #snapshots = new ViewSnapshots();
  /** The last good one of each view. */
  readonly #good = new Recent<Snapshot>(MAX_REMEMBERED);
  /** Routes that were found good, with the clusters that they were good with: most changes concern neither. */
  readonly #goodRoutes = new WeakMap<Snapshot['routes'], ReadonlyMap<string, ClusterSpec>>();
  readonly #endpointIssues = new WeakMap<Mesh, readonly Issue[]>();

  /** `check` is a parameter for tests: a mesh that fails it is a bug. */
  constructor(log: Log, check: Check = checkConsistent) {
    this.#log = log;
    this.#check = check;
  }

  /** Where the present snapshot does not hang together: the last good one of that view, else an empty one. */
  snapshotOf(mesh: Mesh, view: View): Snapshot {
    const key = viewKey(view);
    const snapshot = this.#snapshots.snapshotOf(mesh, view);
    const good = this.#good.get(key);
    if (good === snapshot) return snapshot;
    const issues = this.#issuesOf(mesh, snapshot);
    if (issues.length === 0) {
      this.#good.set(key, snapshot);
      return snapshot;
    }
    const reasons = issues.slice(0, TOLD).map(renderIssue).join(' · ');
    this.#log.error(`bug: the configuration does not hang together, the last good one stays: ${reasons}`, {
      view: key,
    });
    return good ?? EMPTY_SNAPSHOT;
  }

  #issuesOf(mesh: Mesh, snapshot: Snapshot): readonly Issue[] {
    const { clusters, endpoints, routes } = snapshot;
    let issues = this.#endpointIssues.get(mesh);
    if (issues === undefined) {
      issues = this.#check({ ...EMPTY_SNAPSHOT, clusters, endpoints });
      this.#endpointIssues.set(mesh, issues);
    }
    if (issues.length > 0 || this.#goodRoutes.get(routes) === clusters) return issues;
    // The endpoints are good already; only their names count from here on.
    const rest = this.#check(snapshot);
    if (rest.length === 0) this.#goodRoutes.set(routes, clusters);
    return rest;
  }
}
