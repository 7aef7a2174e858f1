// Which of the protocols that a request asks for it may upgrade to: what its route says, else what its listener says.
import { ANY_PROTOCOL, type UpgradesSpec } from '../../model/upgrades-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { CHARACTERS, HTAB, SLASH, SP, TOKEN } from '../codec/http1/characters.ts';

/** Source: RFC 9113 section 3.1; who asks for it understands HTTP/1.1 as well. */
const H2C = 'h2c';

/**
 * The protocols to ask the endpoint for, of those that `head` names and in that order (`websocket`, or a list as of the Upgrade field). '' = none:
 * the request goes on without an upgrade. Null = it must not upgrade to any of them.
 */
export function chooseUpgrade(
  head: RequestHead,
  route: UpgradesSpec | null,
  listener: UpgradesSpec | null,
): string | null {
  if (head.protocol !== '') return isAllowed(head.protocol, route, listener) ? head.protocol : null;
  const asked = namesIn(head).filter((name) => name.toLowerCase() !== H2C);
  if (asked.length === 0) return '';
  const allowed = asked.filter((name) => isAllowed(name, route, listener));
  return allowed.length === 0 ? null : allowed.join(', ');
}

function isAllowed(name: string, route: UpgradesSpec | null, listener: UpgradesSpec | null): boolean {
  const key = name.toLowerCase();
  if (key === H2C) return false;
  const said = verdict(route, key) ?? verdict(listener, key);
  return said === true;
}

function verdict(rules: UpgradesSpec | null, key: string): boolean | undefined {
  if (rules === null) return undefined;
  return Object.hasOwn(rules, key) ? rules[key] : rules[ANY_PROTOCOL];
}

/** What the Upgrade fields list; what is no name of a protocol asks for none. */
function namesIn(head: RequestHead): string[] {
  const names: string[] = [];
  for (let field = head.find('upgrade'); field >= 0; field = head.find('upgrade', field + 1)) {
    for (const item of head.valueAt(field).split(',')) {
      const name = withoutSpace(item);
      if (isProtocolName(name)) names.push(name);
    }
  }
  return names;
}

/** `trim` would take more than the space that HTTP allows there. */
function withoutSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === SP || code === HTAB;
}

/** A token, or two with a slash between them (RFC 9110 section 7.8). */
function isProtocolName(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code !== SLASH && ((CHARACTERS[code] ?? 0) & TOKEN) === 0) return false;
  }
  return name !== '';
}
