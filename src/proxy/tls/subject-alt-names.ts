// The names that a certificate is for, and whether one of them is wanted.
import type { PeerCertificate } from 'node:tls';
import type { SubjectAltNameMatcherSpec, SubjectAltNameType } from '../../model/tls-spec.ts';

export interface SubjectAltName {
  readonly type: SubjectAltNameType;
  readonly value: string;
}

const TYPES: Readonly<Record<string, SubjectAltNameType>> = {
  email: 'email',
  DNS: 'dns',
  URI: 'uri',
  'IP Address': 'ip',
};

/**
 * Node gives them as one text, `DNS:a.example, URI:spiffe://a/b`. A value that could be mistaken for two is a JSON string there. Names of
 * other types are left out.
 */
export function subjectAltNamesOf({ subjectaltname = '' }: Pick<PeerCertificate, 'subjectaltname'>): SubjectAltName[] {
  const names: SubjectAltName[] = [];
  for (let at = 0; at < subjectaltname.length; ) {
    const colon = subjectaltname.indexOf(':', at);
    if (colon < 0) break;
    const type = TYPES[subjectaltname.slice(at, colon)];
    const end = endOfValue(subjectaltname, colon + 1);
    const text = subjectaltname.slice(colon + 1, end);
    const value = text.startsWith('"') ? parseQuoted(text) : text;
    if (type !== undefined && value !== null) names.push({ type, value });
    at = end + 2;
  }
  return names;
}

function endOfValue(text: string, start: number): number {
  let at = start;
  if (text.charAt(at) === '"') {
    for (at += 1; at < text.length && text.charAt(at) !== '"'; at += 1) if (text.charAt(at) === '\\') at += 1;
  }
  const comma = text.indexOf(', ', at);
  return comma < 0 ? text.length : comma;
}

function parseQuoted(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** A wildcard of the certificate stands for itself here, as in Envoy: `*.a.example` matches the text `*.a.example`. */
export function matchesAny(names: readonly SubjectAltName[], matchers: readonly SubjectAltNameMatcherSpec[]): boolean {
  return matchers.some(({ type, match }) => names.some((name) => name.type === type && matches(name.value, match)));
}

function matches(value: string, matcher: SubjectAltNameMatcherSpec['match']): boolean {
  // Decoders let no pattern through: names are compared, not searched.
  if (matcher.kind === 'regex') return false;
  const [text, wanted] =
    matcher.ignoreCase === true ? [value.toLowerCase(), matcher.value.toLowerCase()] : [value, matcher.value];
  if (matcher.kind === 'exact') return text === wanted;
  if (matcher.kind === 'prefix') return text.startsWith(wanted);
  return matcher.kind === 'suffix' ? text.endsWith(wanted) : text.includes(wanted);
}
