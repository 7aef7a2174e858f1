// The sections of docs/benchmarks.md that the bench writes.
import { PROXY_SCENARIOS } from '../proxy-scenarios.ts';
import { FOOTPRINT_SECTION } from './footprint-section.ts';
import { proxiesSection } from './proxies-section.ts';
import type { Section } from './section.ts';

export const SECTIONS: readonly Section[] = [
  ...PROXY_SCENARIOS.flatMap((scenario) => scenario.sets.map((set) => proxiesSection(scenario, set))),
  FOOTPRINT_SECTION,
];
