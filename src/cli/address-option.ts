// Options whose value is `HOST:PORT`.
import { type AddressUse, parseSocketAddress } from '../config/parse-address.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { usageIssues } from './cli-error.ts';

/** `flag` is named in the error, e.g. `--admin`. */
export function readAddress(flag: string, text: string, use: AddressUse): SocketAddressSpec {
  const result = parseSocketAddress(text, use);
  if (!result.ok) throw usageIssues(result.issues.map((issue) => ({ ...issue, path: flag })));
  return result.value;
}
