// PDS: PrefetchHintsSpec ↔ switchboard.discovery.v1.PrefetchHints, a type of our own that is asked for once, at the start.
import { create, toBinary } from '@bufbuild/protobuf';
import { MAX_PREFETCH_HINTS, type PrefetchHintsSpec } from '../../model/prefetch-hints-spec.ts';
import { PrefetchHintsSchema } from '../gen/switchboard/discovery/v1/prefetch_hints_pb.ts';
import { decodeResource } from './decode-resource.ts';
import { type ResourceType, TYPE_URL_PREFIX } from './resource-type.ts';

/** They are made for each client that asks, and stand in no snapshot. */
const NONE: ReadonlyMap<string, PrefetchHintsSpec> = new Map();

export const PREFETCH_HINTS_TYPE: ResourceType<PrefetchHintsSpec> = {
  typeUrl: `${TYPE_URL_PREFIX}${PrefetchHintsSchema.typeName}`,
  shortName: 'PDS',
  noun: 'prefetch hints',
  wildcard: false,
  refersTo: null,
  warms: false,
  specs: () => NONE,
  toChanges: (changes) => ({ hints: changes }),
  name: (spec) => spec.name,
  references: () => [],
  encode: ({ name, routes, home = '' }) =>
    toBinary(PrefetchHintsSchema, create(PrefetchHintsSchema, { name, routes: [...routes], home })),
  // More than that is left out: they are hints.
  decode: (bytes) =>
    decodeResource(
      {
        schema: PrefetchHintsSchema,
        noun: 'prefetch hints',
        nameOf: (message) => message.name,
        build: ({ name, routes, home }) => ({
          name,
          routes: routes.slice(0, MAX_PREFETCH_HINTS),
          ...(home === '' ? {} : { home }),
        }),
      },
      bytes,
    ),
};
