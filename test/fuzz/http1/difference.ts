// Where two readings of one message differ: the same bytes read twice, and what a proxy must make of them.
import type { Message } from './read-messages.ts';

/** Fields that end at a hop whatever they say (RFC 9110 section 7.6.1), written down apart from the codec's own list. */
const HOP_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'upgrade',
]);

/** Why `theirs` is not what we made of the bytes; '' when it is. */
export function difference(ours: Message, theirs: Message | undefined): string {
  if (theirs === undefined) return `Node refuses ${ours.start}`;
  if (ours.start !== theirs.start) return `start: ${ours.start} | ${theirs.start}`;
  if (ours.fields.join('\n') !== theirs.fields.join('\n')) return `fields: ${ours.fields} | ${theirs.fields}`;
  if (!ours.complete) return theirs.complete ? 'Node finds the end of the body, we do not' : '';
  return differenceOfBody(ours, theirs);
}

/** Why `forwarded`, as Node has read it behind the proxy, is not `sent`, as Node reads it in front; '' when it is. */
export function differenceBehindProxy(sent: Message, forwarded: Message): string {
  if (sent.start !== forwarded.start) return `start: ${sent.start} | ${forwarded.start}`;
  const before = endToEndFields(sent).join('\n');
  const behind = endToEndFields(forwarded).join('\n');
  if (before !== behind) return `fields: ${before} | ${behind}`;
  if (!forwarded.complete) return sent.body.startsWith(forwarded.body) ? '' : `body: ${sent.body} | ${forwarded.body}`;
  return differenceOfBody(forwarded, sent);
}

function differenceOfBody(ours: Message, theirs: Message): string {
  if (!theirs.complete) return 'Node does not find the end of the body';
  if (ours.body !== theirs.body) return `body: ${ours.body} | ${theirs.body}`;
  return ours.trailers.join('\n') === theirs.trailers.join('\n')
    ? ''
    : `trailers: ${ours.trailers} | ${theirs.trailers}`;
}

/** `name: value` of each field that is to pass, without how the body is framed, which is each hop's own affair. */
function endToEndFields({ fields }: Message): string[] {
  const pairs = Array.from({ length: fields.length / 2 }, (_, at) => [fields[2 * at] ?? '', fields[2 * at + 1] ?? '']);
  const named = new Set(pairs.filter(([name]) => isName(name, 'connection')).flatMap(([, value]) => optionsOf(value)));
  return pairs.filter(([name, value]) => passes(name ?? '', value ?? '', named)).map((pair) => pair.join(': '));
}

function passes(name: string, value: string, named: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  if (lower === 'te') return value.toLowerCase() === 'trailers' && !named.has('te');
  return !HOP_FIELDS.has(lower) && !named.has(lower) && lower !== 'transfer-encoding';
}

function optionsOf(value: string | undefined): string[] {
  return (value ?? '').split(',').map((option) => option.trim().toLowerCase());
}

function isName(name: string | undefined, lower: string): boolean {
  return name?.toLowerCase() === lower;
}
