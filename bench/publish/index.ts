// The sections of docs/benchmarks.md that the bench writes.
import { HTTP1 } from '../http1.ts';
import { proxiesSection } from './proxies-section.ts';
import type { Section } from './section.ts';

export const SECTIONS: readonly Section[] = [proxiesSection(HTTP1, 'bare'), proxiesSection(HTTP1, 'equipped')];
