// Makes what a scenario says happen when it says so, and undoes what is to end.
import type { Arrivals } from './arrivals.ts';
import type { Fleet } from './fleet.ts';
import type { EventSpec, PodChoice, ScenarioSpec } from './scenario-spec.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface Stage {
  readonly clock: VirtualClock;
  readonly fleet: Fleet;
  readonly arrivals: Arrivals;
  readonly scenario: ScenarioSpec;
}

export function playEvents(stage: Stage): void {
  for (const event of stage.scenario.events) stage.clock.after(event.atMs, () => play(event, stage));
}

function play(event: EventSpec, stage: Stage): void {
  const { fleet, arrivals, scenario, clock } = stage;
  if (event.do === 'load') {
    arrivals.setRate(event.ratePerSecond);
    undo(event, clock, () => arrivals.setRate(scenario.load.ratePerSecond));
  } else if (event.do === 'add') {
    for (let count = 0; count < event.count; count += 1) fleet.add();
  } else if (event.do === 'roll') {
    roll(event, stage);
  } else {
    befall(event, fleet, clock);
  }
}

type Befalling = Extract<EventSpec, { readonly pods: PodChoice }>;

function befall(event: Befalling, fleet: Fleet, clock: VirtualClock): void {
  // Who is chosen now is who it ends for.
  const pods = fleet.choose(event.pods);
  for (const pod of pods) begin(event, pod, fleet);
  if (event.do === 'drain') return;
  undo(event, clock, () => {
    for (const pod of pods) end(event, pod, fleet);
  });
}

function begin(event: Befalling, pod: SimulatedPod, fleet: Fleet): void {
  switch (event.do) {
    case 'fail':
      pod.failShare = event.share;
      pod.failure = event.failure;
      return;
    case 'slow':
      pod.slowFactor = event.factor;
      return;
    case 'kill':
      fleet.kill(pod, event.noticedMs);
      return;
    case 'cut-off':
      fleet.cutOff(pod, event.noticedMs);
      return;
    case 'drain':
      fleet.drain(pod, event.graceMs);
  }
}

function end(event: Exclude<Befalling, { readonly do: 'drain' }>, pod: SimulatedPod, fleet: Fleet): void {
  if (event.do === 'fail') pod.failShare = 0;
  else if (event.do === 'slow') pod.slowFactor = 1;
  else fleet.restore(pod, event.noticedMs);
}

function undo(event: { readonly forMs?: number }, clock: VirtualClock, run: () => void): void {
  if (event.forMs !== undefined) clock.after(event.forMs, run);
}

/** The new pod is there before the old one begins to end (maxSurge 1, maxUnavailable 0 of a Deployment). */
function roll({ everyMs, graceMs }: Extract<EventSpec, { readonly do: 'roll' }>, { fleet, clock }: Stage): void {
  const replaced = fleet.staying;
  fleet.beginRollout();
  for (const [turn, pod] of replaced.entries()) {
    clock.after(turn * everyMs, () => {
      fleet.add();
      fleet.drain(pod, graceMs);
    });
  }
}
