// Who can tell about clients of xDS: a client about itself, or a control plane about all that it serves.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ClientConfig_GenericXdsConfigSchema,
  ClientConfigSchema,
} from '../gen/envoy/service/status/v3/csds_pb.ts';
import type { ClientStatusQuery } from './client-status-query.ts';

export type ClientConfigInit = MessageInitShape<typeof ClientConfigSchema>;
export type ResourceConfigInit = MessageInitShape<typeof ClientConfig_GenericXdsConfigSchema>;

/** Implemented in this room; others only pass it on. */
export interface ClientStatusSource {
  /** The clients that the query asks about. Called once a request; must not wait. */
  clientConfigs(query: ClientStatusQuery): readonly ClientConfigInit[];
}
