// The picker over nothing.
import type { Picker } from './load-balancer.ts';

export const NO_ENDPOINTS: Picker = { pick: () => null };
