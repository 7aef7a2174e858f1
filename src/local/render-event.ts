// Events as lines for a terminal: what happened first, then where, then what to do.
import { type Issue, renderIssue } from '../base/result.ts';
import type { MeshEvent, PodChange, PodRow } from './events.ts';
import type { StopReason } from './plan.ts';
import { describeExit } from './process-host.ts';
import { SIDECAR_NAME } from './sidecar.ts';

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
/** Puts a colour on a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

export const plainPaint: Paint = (_colour, text) => text;

const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };
/** Source: ECMA-48, Select Graphic Rendition. */
export const ansiPaint: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** Lines without line ends; none for what needs no word. */
export function renderEvent(event: MeshEvent, paint: Paint): readonly string[] {
  switch (event.kind) {
    case 'started':
      return [
        paint('bold', `local mesh of ${event.folder}`),
        `  control plane    xDS ${event.xdsAddress}, admin http://${event.adminAddress}`,
        `  output of pods   ${event.logs}`,
        ...otherPlace(event.adminAddress),
      ];
    case 'pod':
      return [renderPod(event.pod, event.change, paint)];
    case 'container':
      return [renderContainer(event, paint)];
    case 'program-ended':
      return [
        paint(
          'yellow',
          `${event.program} ${event.how}; starts again in ${seconds(event.restartInMs)} (output: ${event.logFile})`,
        ),
      ];
    case 'object':
      return [`${event.object} ${event.change}${event.detail === '' ? '' : `: ${event.detail}`}`];
    case 'issue':
      return [
        `${paint(event.issue.severity === 'error' ? 'red' : 'yellow', event.issue.severity)} ${renderIssue(event.issue)}`,
      ];
    case 'issue-resolved':
      return [paint('dim', `resolved ${renderIssue(withoutRemedy(event.issue))}`)];
    case 'note':
      return [event.text];
    case 'settled':
      return event.first ? renderReady(event, paint) : [paint('green', `all ${count(event.pods.length, 'pod')} up`)];
  }
}

/** Where commands in another terminal look unless they are told. */
const USUAL_ADMIN = '127.0.0.1:15014';

function otherPlace(adminAddress: string): readonly string[] {
  return adminAddress === USUAL_ADMIN
    ? []
    : [`  look inside      switchboard endpoints --control-plane ${adminAddress} (status too)`];
}

function renderPod(pod: PodRow, change: PodChange, paint: Paint): string {
  const line = `pod ${podName(pod)} ${change.kind} ${addresses(pod)}`;
  switch (change.kind) {
    case 'ready':
      return paint('green', line);
    case 'not ready':
      return paint('yellow', `${line}: ${change.reason}`);
    case 'finished':
      return change.succeeded ? line : paint('red', `${line}: failed`);
    case 'stopping':
      return `pod ${podName(pod)} stopping: ${STOP_REASONS[change.reason]}`;
    case 'gone':
      return paint('dim', `pod ${podName(pod)} gone`);
    case 'starting':
      return paint('dim', line);
  }
}

const STOP_REASONS: Readonly<Record<StopReason | 'shutdown', string>> = {
  deleted: 'its manifest is gone',
  'scaled-down': 'scaled down',
  replaced: 'replaced by the new template',
  shutdown: 'the mesh ends',
};

function renderContainer(event: Extract<MeshEvent, { kind: 'container' }>, paint: Paint): string {
  const { pod, container, change, logFile, hint } = event;
  const head = `pod ${podName(pod)} ${container === SIDECAR_NAME ? 'sidecar' : `container ${container}`}`;
  if (change.kind === 'unhealthy') return paint('yellow', `${head} is not alive and is restarted: ${change.reason}`);
  const next = change.restartInMs === null ? 'stays down' : `starts again in ${seconds(change.restartInMs)}`;
  const why = hint === '' ? '' : `: ${hint}`;
  return paint('yellow', `${head} ${describeExit(change.exit)}${why}; ${next} (output: ${logFile})`);
}

function renderReady(event: Extract<MeshEvent, { kind: 'settled' }>, paint: Paint): readonly string[] {
  const proxy = event.pods.flatMap(({ outbound }) => outbound.slice(1))[0];
  const lines = ['', ...renderPodTable(event.pods, paint), ''];
  lines.push(
    `${paint('green', 'ready')}  ${count(event.pods.length, 'pod')} up; edit the manifests and watch, Ctrl-C ends it`,
  );
  if (proxy !== undefined && event.tryUrl !== null) lines.push(`curl -x http://${proxy} ${event.tryUrl}`);
  else if (event.tryUrl !== null)
    lines.push('no pod has a sidecar: annotate one with switchboard.dev/inject: enabled to call Services through it');
  return lines;
}

/** Columns: pod, address, ready, sidecar. */
export function renderPodTable(pods: readonly PodRow[], paint: Paint): readonly string[] {
  const rows = [...pods].sort(byName).map((pod) => {
    const outbound = pod.outbound.length === 0 ? '-' : pod.outbound.join(', ');
    return [podName(pod), addresses(pod), pod.state, outbound];
  });
  const all = [['POD', 'ADDRESS', 'STATE', 'CALLS GO OUT THROUGH'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  return lines.map((line, index) => (index === 0 ? paint('bold', line) : line));
}

/** The default namespace goes without saying. */
function podName({ namespace, name }: PodRow): string {
  return namespace === 'default' ? name : `${namespace}/${name}`;
}

function addresses({ address, ports }: PodRow): string {
  return ports.length === 0 ? address : ports.map((port) => `${address}:${port}`).join(' ');
}

function byName(left: PodRow, right: PodRow): number {
  return podName(left) < podName(right) ? -1 : 1;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

function withoutRemedy({ remedy: _remedy, ...rest }: Issue): Issue {
  return rest;
}
