// What the public OutlierDetection has no fields for: OutlierExtrasSpec ↔ a Struct in the shape of switchboard.balancing.v1.OutlierExtras.
import { create, type DescMessage, fromJson, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import {
  DEFAULT_OUTLIER_DETECTION,
  DEFAULT_OUTLIER_EXTRAS,
  type OutlierDetectionSpec,
  type OutlierExtrasSpec,
} from '../../model/outlier-detection-spec.ts';
import {
  type OutlierExtras,
  type OutlierExtras_Callers,
  type OutlierExtras_SlowerThanPeers,
  type OutlierExtras_WorseThanPeers,
  OutlierExtrasSchema,
} from '../gen/switchboard/balancing/v1/outlier_extras_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';

type ExtraReason = 'worse-than-peers' | 'slower-than-peers';

export interface DecodedExtras {
  readonly extras: OutlierExtrasSpec;
  readonly enforcing: Readonly<Record<ExtraReason, number>>;
}

const USUAL = DEFAULT_OUTLIER_EXTRAS;
const USUAL_ODDS = DEFAULT_OUTLIER_DETECTION.enforcing;
const MAX_MINIMUM_CALLERS = 64;
/** RFC 9110 section 5.6.2, in lower case. */
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** `json`: what stands in the metadata; undefined = nothing. Throws nothing: what cannot be used is refused. */
export function decodeOutlierExtras(json: JsonValue | undefined, context: DecodeContext, path: string): DecodedExtras {
  return new ExtrasReader(readMessage(json ?? {}, context, path), context, path).read();
}

function readMessage(json: JsonValue, context: DecodeContext, path: string): OutlierExtras {
  noteUnknown(json, OutlierExtrasSchema, context, path);
  try {
    return fromJson(OutlierExtrasSchema, json, { ignoreUnknownFields: true });
  } catch (error) {
    context.refuse(path, (error as Error).message, 'write it as switchboard.balancing.v1.OutlierExtras has it');
    return create(OutlierExtrasSchema);
  }
}

/** Of a newer control plane: the rest means the same without it. */
function noteUnknown(json: JsonValue, schema: DescMessage, context: DecodeContext, path: string): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return;
  for (const [key, value] of Object.entries(json)) {
    const field = schema.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (field === undefined) context.ignore(`${path}.${key}`);
    else if (field.fieldKind === 'message') noteUnknown(value, field.message, context, `${path}.${key}`);
  }
}

class ExtrasReader {
  readonly #message: OutlierExtras;
  readonly #context: DecodeContext;
  readonly #path: string;

  constructor(message: OutlierExtras, context: DecodeContext, path: string) {
    this.#message = message;
    this.#context = context;
    this.#path = path;
  }

  read(): DecodedExtras {
    const { minHealthyHosts, shadow, returnWindow, worseThanPeers, slowerThanPeers, callers } = this.#message;
    const at = (name: string): string => `${this.#path}.${name}`;
    const usualHosts = USUAL.minHealthyHosts;
    return {
      extras: {
        minHealthyHosts: this.#within('min_healthy_hosts', minHealthyHosts ?? usualHosts, 1, 100_000, usualHosts),
        shadow,
        returnWindowMs: decodeDuration(returnWindow, USUAL.returnWindowMs, this.#context, at('return_window')),
        worseThanPeers: worseThanPeers === undefined ? USUAL.worseThanPeers : this.#worse(worseThanPeers),
        slowerThanPeers: slowerThanPeers === undefined ? USUAL.slowerThanPeers : this.#slower(slowerThanPeers),
        callers: callers === undefined ? USUAL.callers : this.#callers(callers),
      },
      enforcing: {
        'worse-than-peers': this.#odds('worse_than_peers', worseThanPeers?.enforcing, USUAL_ODDS['worse-than-peers']),
        'slower-than-peers': this.#odds(
          'slower_than_peers',
          slowerThanPeers?.enforcing,
          USUAL_ODDS['slower-than-peers'],
        ),
      },
    };
  }

  #worse({ gapPercent }: OutlierExtras_WorseThanPeers): OutlierExtrasSpec['worseThanPeers'] {
    return { gapPercent: this.#within('worse_than_peers.gap_percent', gapPercent, 1, 100, 0) };
  }

  #slower(said: OutlierExtras_SlowerThanPeers): OutlierExtrasSpec['slowerThanPeers'] {
    const usual = USUAL.slowerThanPeers;
    const excess = `${this.#path}.slower_than_peers.excess`;
    if (!(said.factor > 1 && said.factor <= 1_000)) {
      this.#context.refuse(
        `${this.#path}.slower_than_peers.factor`,
        `is ${said.factor}`,
        'give more than 1, at most 1000',
      );
    }
    return {
      factor: said.factor,
      excessMs: decodeDuration(said.excess, usual.excessMs, this.#context, excess),
      minimumHosts: said.minimumHosts ?? usual.minimumHosts,
      requestVolume: said.requestVolume ?? usual.requestVolume,
    };
  }

  #callers({ header, minimum }: OutlierExtras_Callers): OutlierExtrasSpec['callers'] {
    const usual = USUAL.callers.minimum;
    if (!FIELD_NAME.test(header)) {
      this.#context.refuse(`${this.#path}.callers.header`, `is "${header}"`, 'name a header, in lower case');
    }
    return { header, minimum: this.#within('callers.minimum', minimum ?? usual, 1, MAX_MINIMUM_CALLERS, usual) };
  }

  #odds(name: string, said: number | undefined, usual: number): number {
    return said === undefined ? usual : this.#within(`${name}.enforcing`, said, 0, 100, usual);
  }

  #within(name: string, value: number, least: number, most: number, instead: number): number {
    if (value >= least && value <= most) return value;
    this.#context.refuse(`${this.#path}.${name}`, `is ${value}`, `give ${least} to ${most}`);
    return instead;
  }
}

/** Null = there is nothing to say. What is as by default is not written. */
export function encodeOutlierExtras(spec: OutlierDetectionSpec): JsonObject | null {
  const { minHealthyHosts, shadow, returnWindowMs } = spec;
  const message = create(OutlierExtrasSchema, {
    ...(minHealthyHosts === USUAL.minHealthyHosts ? {} : { minHealthyHosts }),
    shadow,
    ...(returnWindowMs === USUAL.returnWindowMs ? {} : { returnWindow: encodeDuration(returnWindowMs) }),
    ...encodeWorse(spec),
    ...encodeSlower(spec),
    ...encodeCallers(spec),
  });
  const json = toJson(OutlierExtrasSchema, message, { useProtoFieldName: true }) as JsonObject;
  return Object.keys(json).length === 0 ? null : json;
}

function oddsUnlessUsual(reason: ExtraReason, { enforcing }: OutlierDetectionSpec): { enforcing?: number } {
  return enforcing[reason] === USUAL_ODDS[reason] ? {} : { enforcing: enforcing[reason] };
}

function encodeWorse(spec: OutlierDetectionSpec) {
  const { gapPercent } = spec.worseThanPeers;
  return gapPercent === 0 ? {} : { worseThanPeers: { gapPercent, ...oddsUnlessUsual('worse-than-peers', spec) } };
}

function encodeSlower(spec: OutlierDetectionSpec) {
  const { factor, excessMs, minimumHosts, requestVolume } = spec.slowerThanPeers;
  const odds = oddsUnlessUsual('slower-than-peers', spec);
  if (factor === 0) return {};
  return { slowerThanPeers: { factor, excess: encodeDuration(excessMs), minimumHosts, requestVolume, ...odds } };
}

function encodeCallers({ callers }: OutlierDetectionSpec) {
  return callers.header === '' ? {} : { callers };
}
