// Settings that bound what one request or connection may take of the sidecar.
import type { Setting } from './setting.ts';
import { countType, durationType, sizeType } from './setting-types.ts';

const KIB = 1_024;
const MIB = 1_048_576;

export const LIMIT_SETTINGS = [
  {
    name: 'maxRequestHeadBytes',
    env: 'SWITCHBOARD_MAX_REQUEST_HEAD_BYTES',
    type: sizeType(KIB, MIB, 'from 1KiB to 1MiB'),
    default: '60KiB',
    doc: "A longer request line with its fields is answered with 431. Envoy's default.",
  },
  {
    name: 'maxFields',
    env: 'SWITCHBOARD_MAX_FIELDS',
    type: countType(8, 10_000),
    default: '100',
    doc: "More header fields in one message are answered with 431. Envoy's default.",
  },
  {
    name: 'requestHeadTimeoutMs',
    env: 'SWITCHBOARD_REQUEST_HEAD_TIMEOUT',
    type: durationType,
    default: '10s',
    doc: 'How long a request head may take from its first byte to its last; a slower one is answered with 408. `0s` = for ever.',
  },
  {
    name: 'requestBodyTimeoutMs',
    env: 'SWITCHBOARD_REQUEST_BODY_TIMEOUT',
    type: durationType,
    default: '0s',
    doc: "How long a request may take from its head to the end of its body; a slower one is answered with 408. `0s` = for ever, which is Envoy's default: long uploads are legal.",
  },
  {
    name: 'streamIdleTimeoutMs',
    env: 'SWITCHBOARD_STREAM_IDLE_TIMEOUT',
    type: durationType,
    default: '5m',
    doc: "How long nothing may move in a request and its answer: a caller that sends no more is answered with 408, a pod that is silent with 504, a caller that reads no more is cut off, each after one to two times this. `0s` = for ever. Envoy's default.",
  },
  {
    name: 'downstreamIdleTimeoutMs',
    env: 'SWITCHBOARD_DOWNSTREAM_IDLE_TIMEOUT',
    type: durationType,
    default: '1h',
    doc: "How long a caller's connection may stay without a request; a listener may say less. `0s` = what the listener says. Envoy's default.",
  },
  {
    name: 'maxRequestsPerConnection',
    env: 'SWITCHBOARD_MAX_REQUESTS_PER_CONNECTION',
    type: countType(0, 1_000_000_000),
    default: '0',
    doc: "After so many requests the answer carries `Connection: close`. `0` = however many, which is Envoy's default.",
  },
  {
    name: 'maxStreamsPerConnection',
    env: 'SWITCHBOARD_MAX_STREAMS_PER_CONNECTION',
    type: countType(1, 10_000),
    default: '256',
    doc: 'How many requests of HTTP/2 one connection may have open at once; callers are told, and further ones are refused so that they can be sent again.',
  },
  {
    name: 'maxConnectionAgeMs',
    env: 'SWITCHBOARD_MAX_CONNECTION_AGE',
    type: durationType,
    default: '0s',
    doc: "The age at which a caller's connection is closed, or with the answer in work, up to a tenth earlier by chance. `0s` = never, which is Envoy's default.",
  },
  {
    name: 'maxListenerConnections',
    env: 'SWITCHBOARD_MAX_LISTENER_CONNECTIONS',
    type: countType(0, 1_000_000),
    default: '0',
    divided: true,
    doc: "How many connections one listener may have open; a further one is closed at once and counted. `0` = however many, which is Envoy's default.",
  },
  {
    name: 'connectionBufferBytes',
    env: 'SWITCHBOARD_CONNECTION_BUFFER_BYTES',
    type: sizeType(KIB, 16 * MIB, 'from 1KiB to 16MiB'),
    default: '64KiB',
    doc: 'How much may wait to be sent on one connection, to a caller or a pod, before the other side is made to wait. Memory of an exchange is a few times this, whatever the size of its bodies.',
  },
  {
    name: 'replayBufferBytes',
    env: 'SWITCHBOARD_REPLAY_BUFFER_BYTES',
    type: sizeType(0, 16 * MIB, 'from 0B to 16MiB'),
    default: '64KiB',
    doc: 'How much of a request body is kept so that the request can be tried again; a longer one is sent once.',
  },
  {
    name: 'upstreamIdleTimeoutMs',
    env: 'SWITCHBOARD_UPSTREAM_IDLE_TIMEOUT',
    type: durationType,
    default: '4s',
    doc: 'How long a connection to a pod is kept without a request. Shorter than what common servers keep (Node.js: 5 s), so that a request seldom meets a connection that the pod is just closing.',
  },
  {
    name: 'overloadLagMs',
    env: 'SWITCHBOARD_OVERLOAD_LAG',
    type: durationType,
    default: '500ms',
    doc: 'How late the event loop may run before new requests are refused with 503 `OM`; they are taken again after a second in which it was never half as late. Requests in work go on. `0s` = never refused for that.',
  },
  {
    name: 'overloadMemoryBytes',
    env: 'SWITCHBOARD_OVERLOAD_MEMORY',
    type: sizeType(0, 1_024 * 1_024 * MIB, 'from 0B to 1024GiB'),
    default: '0B',
    divided: true,
    doc: 'How much memory may be in use before new requests are refused with 503 `OM`; they are taken again at nine tenths of it. `0B` = nine tenths of what the container may have; where it has no limit, never.',
  },
] as const satisfies readonly Setting[];
