// TrafficPolicy, section sessionAffinity: which requests belong together, and how firmly they stay with a pod.
import { Type } from 'typebox';
import { duration, flag, type Of, oneOf, rules } from '../schema/schema.ts';
import { FRAMING_HEADERS, HEADER_NAME } from './header-name.ts';

const PATH = {
  pattern: '^/[!-:<-~]{0,255}$',
  maxLength: 256,
  hint: 'write a path that begins with /',
};

const COOKIE = Type.Object(
  {
    name: Type.Optional(Type.String({ ...HEADER_NAME, description: 'Default switchboard-affinity.' })),
    ttl: Type.Optional(duration('How long the client shall keep it. Absent = until it closes.', { min: '1s' })),
    path: Type.Optional(
      Type.String({ ...PATH, description: 'Requests for other paths belong to no session. Default /.' }),
    ),
  },
  { description: 'A cookie carries the session.' },
);

const HEADER = Type.Object(
  { name: Type.String({ ...HEADER_NAME, description: 'Of requests and their answers; in gRPC it is metadata.' }) },
  {
    description: 'A header carries the session: the caller sends back what it was given.',
    ...rules({
      rule: `!(self.name.lowerAscii() in [${FRAMING_HEADERS.map((name) => `'${name}'`).join(', ')}])`,
      message: 'has a name that says where an answer ends, or belongs to one hop; name another header',
    }),
  },
);

const SESSION = Type.Object(
  {
    cookie: Type.Optional(COOKIE),
    header: Type.Optional(HEADER),
    lifetime: Type.Optional(
      duration('From its beginning, kept by the sidecars whatever the client keeps. Absent = for ever.', { min: '1s' }),
    ),
    idleTimeout: Type.Optional(
      duration(
        'How long it may rest from one request to the next, kept by the sidecars. Absent = as long as it likes.',
        {
          min: '1s',
        },
      ),
    ),
    onLoss: Type.Optional(
      oneOf(
        ['rehome', 'fail', 'hash'],
        'Where its pod is gone: rehome = to another one, the same for everybody who asks; fail = an error, and a new one may begin; hash = where hash says. Default rehome.',
      ),
    ),
  },
  {
    description: 'A token names the pod: a session stays with it for as long as it serves. Default: a cookie.',
    ...rules(
      {
        rule: '!has(self.cookie) || !has(self.header)',
        message: 'has a cookie and a header; keep one of them',
      },
      {
        rule: '!has(self.lifetime) || !has(self.idleTimeout) || duration(self.idleTimeout) <= duration(self.lifetime)',
        message: 'has an idleTimeout that is longer than lifetime, which ends it first; make it shorter, or remove it',
      },
    ),
  },
);

const HASHED = Type.Object(
  {
    type: oneOf(
      ['header', 'cookie', 'query-parameter', 'source-ip'],
      'Where the value stands; source-ip = the calling pod.',
    ),
    name: Type.Optional(Type.String({ ...HEADER_NAME, description: 'Of the header, cookie or query parameter.' })),
    ttl: Type.Optional(
      duration('Of a cookie: a caller without one is given it for so long. Absent = until it closes.', { min: '1s' }),
    ),
    path: Type.Optional(Type.String({ ...PATH, description: 'Of a cookie that is given. Default /.' })),
    terminal: Type.Optional(flag('Where this one finds something, those behind it are not asked. Default false.')),
  },
  {
    description: 'A part of the request.',
    ...rules(
      {
        rule: "has(self.name) == (self.type != 'source-ip')",
        message: 'has no name, or is source-ip and has one; add the name, or remove it',
      },
      {
        rule: "self.type == 'cookie' || (!has(self.ttl) && !has(self.path))",
        message: 'has ttl or path, which are of cookies; remove them',
      },
    ),
  },
);

export const SESSION_AFFINITY = Type.Object(
  {
    type: oneOf(
      ['session', 'hash', 'none'],
      'session = firmly, as long as the pod serves; hash = equal requests to the same pod, as long as the pods are the same; none.',
    ),
    session: Type.Optional(SESSION),
    hash: Type.Optional(
      Type.Array(HASHED, {
        minItems: 1,
        maxItems: 8,
        description: 'What equal requests have in common: all of these together.',
      }),
    ),
  },
  {
    description:
      'Which requests belong together. It needs a loadBalancer that hashes for hash: where there is none, maglev is used.',
    ...rules(
      {
        rule: "!has(self.session) || self.type == 'session'",
        message: 'has session, which its type does not use; write type: session, or remove it',
      },
      {
        rule: "self.type != 'hash' || has(self.hash)",
        message: 'has nothing to hash; add hash',
      },
      {
        rule: "!has(self.hash) || self.type == 'hash' || (has(self.session) && has(self.session.onLoss) && self.session.onLoss == 'hash')",
        message: 'has hash, which nothing uses; write type: hash, or onLoss: hash in session, or remove it',
      },
      {
        rule: "!has(self.session) || !has(self.session.onLoss) || self.session.onLoss != 'hash' || has(self.hash)",
        message: 'has onLoss: hash, and nothing to hash; add hash',
      },
    ),
  },
);

export type SessionAffinitySection = Of<typeof SESSION_AFFINITY>;
