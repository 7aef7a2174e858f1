// A resource type by its short name.
import { RESOURCE_TYPES } from '../../src/xds/resources/index.ts';

export function typeOf(shortName: string) {
  const type = RESOURCE_TYPES.find((candidate) => candidate.shortName === shortName);
  if (type === undefined) throw new Error(`no resource type ${shortName}`);
  return type;
}
