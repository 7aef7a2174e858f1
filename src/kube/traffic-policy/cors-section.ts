// TrafficPolicy, section cors: which pages of other origins may call.
import { Type } from 'typebox';
import { duration, flag, type Of, oneOf, rules } from '../schema/schema.ts';
import { HEADER_NAME } from './header-name.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', '*'] as const;

const MAX_NAMES = 64;

/** Source: Gateway API, HTTPCORSFilter: a star says it all. */
const STAR_ALONE = rules({
  rule: "!self.exists(one, one == '*') || size(self) == 1",
  message: 'has "*" beside others; keep "*" alone, or leave it out',
});

const NAMES = (description: string) =>
  Type.Array(Type.String({ ...HEADER_NAME, description: 'A name, or "*".' }), {
    minItems: 1,
    maxItems: MAX_NAMES,
    description,
    ...STAR_ALONE,
  });

/** Fields of Gateway API's HTTPCORSFilter. */
export const CORS = Type.Object(
  {
    allowOrigins: Type.Array(
      Type.String({
        pattern: '^([*]|[a-z][-+.a-z0-9]{0,31}://[-.*0-9A-Za-z]{1,253}(:[0-9]{1,5})?)$',
        maxLength: 300,
        hint: 'write it like https://shop.example, https://*.shop.example or "*"',
        description: 'A scheme and a host; a star in it stands for any labels.',
      }),
      { minItems: 1, maxItems: MAX_NAMES, description: 'Whose pages may call.', ...STAR_ALONE },
    ),
    allowMethods: Type.Optional(
      Type.Array(oneOf(METHODS, 'A method.'), {
        minItems: 1,
        maxItems: METHODS.length,
        description: 'Beside those that browsers always may use.',
        ...STAR_ALONE,
      }),
    ),
    allowHeaders: Type.Optional(NAMES('That pages may send.')),
    exposeHeaders: Type.Optional(NAMES('That pages may read.')),
    allowCredentials: Type.Optional(flag('Cookies and the like may be sent. Default false.')),
    maxAge: Type.Optional(duration('How long browsers may keep the answer to a preflight. Default 5s.', { min: '1s' })),
  },
  { description: 'Which pages of other origins may call, as browsers ask it; preflights are answered by the sidecar.' },
);

export type CorsSection = Of<typeof CORS>;
