// The range of loopback addresses that pods live on.
import { errorIssue, fail, ok, type Result } from '../base/result.ts';

export interface PodCidr {
  /** Network address as a 32-bit number. */
  readonly base: number;
  /** Number of addresses, a power of two. */
  readonly size: number;
  readonly text: string;
}

export const DEFAULT_POD_CIDR = '127.1.0.0/16';
const REMEDY = `give a range of loopback addresses like ${DEFAULT_POD_CIDR}`;
const MIN_PREFIX = 9;
const MAX_PREFIX = 29;

/** IPv4 only, inside 127.0.0.0/8 (every address of it is bindable without root on Linux), and without 127.0.0.1. */
export function parsePodCidr(text: string): Result<PodCidr> {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : -1;
  const base = parseIpv4(address);
  if (base === null || rest.length > 0 || prefix < 0) return problem(text, 'is not of the form a.b.c.d/prefix');
  if (prefix < MIN_PREFIX || prefix > MAX_PREFIX) {
    return problem(text, `has the prefix ${prefix}, allowed are ${MIN_PREFIX} to ${MAX_PREFIX}`);
  }
  const size = 2 ** (32 - prefix);
  if (base % size !== 0)
    return problem(text, `does not begin at a multiple of its size (${formatIpv4(base - (base % size))} does)`);
  if (base >>> 24 !== 127) return problem(text, 'is not inside 127.0.0.0/8');
  if (base === 0x7f000000)
    return problem(text, 'contains 127.0.0.1, which the control plane and your own programs use');
  return ok({ base, size, text });
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function parseIpv4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

function problem(text: string, what: string): Result<never> {
  return fail([errorIssue(`--pod-cidr "${text}" ${what}`, { remedy: REMEDY })]);
}
