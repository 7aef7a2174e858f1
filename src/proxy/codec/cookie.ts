// Cookies as request heads carry them and answers set them. Source: RFC 6265 sections 4.1, 4.2 and 5.4.
import type { RequestHead } from '../codec/head.ts';

/** The value of the first cookie of that name, without quotes around it; null when there is none. */
export function cookieOf(head: RequestHead, name: string): string | null {
  for (let field = head.find('cookie'); field >= 0; field = head.find('cookie', field + 1)) {
    const value = pairOf(head.valueAt(field), name);
    if (value !== null) return value;
  }
  return null;
}

function pairOf(cookies: string, name: string): string | null {
  for (let start = 0; start < cookies.length; ) {
    while (isBlank(cookies, start)) start += 1;
    const semicolon = cookies.indexOf(';', start);
    const end = semicolon < 0 ? cookies.length : semicolon;
    if (cookies.startsWith(name, start) && cookies[start + name.length] === '=' && start + name.length < end) {
      return unquoted(cookies, start + name.length + 1, end);
    }
    start = end + 1;
  }
  return null;
}

function unquoted(text: string, start: number, end: number): string {
  let last = end;
  while (last > start && isBlank(text, last - 1)) last -= 1;
  const quoted = last - start >= 2 && text[start] === '"' && text[last - 1] === '"';
  return quoted ? text.slice(start + 1, last - 1) : text.slice(start, last);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}

/** What is said of a cookie that is set. */
export interface CookieShape {
  readonly name: string;
  /** How long the client shall keep it, ms; 0 or absent = until it closes. */
  readonly ttlMs?: number;
  /** Absent = it says none. */
  readonly path?: string;
  readonly attributes?: readonly { readonly name: string; readonly value: string }[];
}

/** `name="value"; Max-Age=…; Path=…; …; HttpOnly`: the value of a Set-Cookie field, as Envoy writes it. */
export function renderCookie({ ttlMs = 0, ...shape }: CookieShape, value: string): string {
  return render(shape, value, ttlMs === 0 ? '' : `; Max-Age=${Math.floor(ttlMs / 1_000)}`);
}

/** Takes such a cookie back. */
export function renderCookieRemoval(shape: CookieShape): string {
  return render(shape, '', '; Max-Age=0');
}

function render({ name, path = '', attributes = [] }: CookieShape, value: string, age: string): string {
  const where = path === '' ? '' : `; Path=${path}`;
  const rest = attributes.map((one) => (one.value === '' ? `; ${one.name}` : `; ${one.name}=${one.value}`)).join('');
  return `${name}="${value}"${age}${where}${rest}; HttpOnly`;
}
