// Settings of the control plane.
import type { Setting } from './setting.ts';
import { choiceType, durationType, nameType } from './setting-types.ts';

export const CONTROL_PLANE_ROWS = [
  {
    name: 'xdsMaxStreamAgeMs',
    env: 'SWITCHBOARD_XDS_MAX_STREAM_AGE',
    type: durationType,
    default: '30m',
    doc: "The age at which a client's xDS stream is ended in order, up to a fifth earlier by chance, so that clients spread over replicas again; `0s` = never.",
  },
  {
    name: 'writeStatus',
    env: 'SWITCHBOARD_WRITE_STATUS',
    type: choiceType(['enabled', 'disabled']),
    default: 'enabled',
    doc: 'With `--registry kubernetes`: whether this control plane may be the one that writes the status of routes and policies to the API server.',
  },
  {
    name: 'namespace',
    env: 'SWITCHBOARD_NAMESPACE',
    type: nameType,
    default: 'switchboard-system',
    doc: 'The namespace of the control plane: the Lease `switchboard-status`, which says which replica writes status, stands there.',
  },
] as const satisfies readonly Setting[];
