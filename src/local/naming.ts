// Names of pods: `<workload>-<5 characters>` for the exchangeable ones, `<workload>-<ordinal>` for those with an identity.
import { type Random, randomBelow } from '../base/random.ts';

/** As in Kubernetes: no vowels and no look-alikes, so that no words and no misreadings arise. Source: k8s.io/apimachinery, util/rand. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
/** A label of DNS has 63 characters (RFC 1035 2.3.4); the suffix and its hyphen take six. */
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH - 1;

/** A name that `isTaken` doesn't know. */
export function newPodName(workload: string, random: Random, isTaken: (name: string) => boolean): string {
  const base = workload.slice(0, MAX_BASE_LENGTH);
  for (;;) {
    const name = `${base}-${suffix(random)}`;
    if (!isTaken(name)) return name;
  }
}

export function ordinalPodName(workload: string, ordinal: number): string {
  return `${workload}-${ordinal}`;
}

function suffix(random: Random): string {
  let text = '';
  for (let index = 0; index < SUFFIX_LENGTH; index += 1) text += ALPHABET[randomBelow(random, ALPHABET.length)];
  return text;
}
