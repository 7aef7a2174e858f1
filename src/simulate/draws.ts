// @hot
// Chance that belongs to a request and not to a moment: the same request meets the same fate whatever the policy did before it.

/** What a draw is for; draws for different things have nothing to do with each other. */
export const DRAW_FATE = 1;
export const DRAW_LATENCY = 2;
const PURPOSES = 4;

/** A number in [0, 1) that depends on nothing but its arguments. Mixing: MurmurHash3's finalizer (public domain), twice. */
export function draw(seed: number, request: number, attempt: number, purpose: number): number {
  const salted = mix((seed ^ Math.imul(attempt * PURPOSES + purpose, 0x9e3779b1)) | 0);
  return (mix((salted ^ Math.imul(request + 1, 0x85ebca6b)) | 0) >>> 0) / 4_294_967_296;
}

function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
