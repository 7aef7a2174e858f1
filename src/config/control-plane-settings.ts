// Settings of the control plane.
import type { Setting } from './setting.ts';
import { durationType } from './setting-types.ts';

export const CONTROL_PLANE_ROWS = [
  {
    name: 'xdsMaxStreamAgeMs',
    env: 'SWITCHBOARD_XDS_MAX_STREAM_AGE',
    type: durationType,
    default: '30m',
    doc: "The age at which a client's xDS stream is ended in order, up to a fifth earlier by chance, so that clients spread over replicas again; `0s` = never.",
  },
] as const satisfies readonly Setting[];
