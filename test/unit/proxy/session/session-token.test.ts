// Tokens of sessions: who made one can read it, nobody else can make one, and what is none is told.
import fc from 'fast-check';
import { seededRandom } from '../../../../src/base/random.ts';
import {
  lastingPartOf,
  newSalt,
  parseToken,
  renderToken,
  sessionIdOf,
} from '../../../../src/proxy/session/session-token.ts';

const SERVICE = 'cart.shop.svc.cluster.local';
const UID = '8c7d3a5e-0b1f-4a62-9a53-1f6f0f6f2b11';
const random = seededRandom(7);
const token = { podId: sessionIdOf(SERVICE, UID), bornAtS: 1_790_000_000, salt: newSalt(random), usedUntilMs: 0 };
const timed = { ...token, usedUntilMs: 1_790_000_060_000 };

describe('the token of a session', () => {
  it('says what it was made of', () => {
    expect(parseToken(renderToken(token))).toEqual(token);
    expect(parseToken(renderToken(timed))).toEqual(timed);
  });

  it('has a part that stays, however often it is renewed', () => {
    expect(lastingPartOf(timed)).toBe(renderToken(token));
  });

  it('has 33 characters that need no quotes, in a cookie or anywhere else', () => {
    expect(renderToken(token)).toMatch(/^1[-_0-9A-Za-z]{20}[0-9a-z]{12}$/);
  });

  it('has nine more where it says when it was used', () => {
    expect(renderToken(timed)).toMatch(/^2[-_0-9A-Za-z]{20}[0-9a-z]{21}$/);
  });

  it('shows neither the UID of the pod nor the name of the Service', () => {
    const text = renderToken(token);
    for (const part of [...UID.split('-'), 'cart', 'shop']) expect(text).not.toContain(part);
  });

  it('is another one for the same pod under another Service, and for another pod', () => {
    const ids = [sessionIdOf(SERVICE, UID), sessionIdOf('a.shop.svc.cluster.local', UID), sessionIdOf(SERVICE, 'x')];
    expect(new Set(ids).size).toBe(3);
  });

  it('tells sessions of one pod and second apart', () => {
    const salts = new Set(Array.from({ length: 1_000 }, () => newSalt(random)));
    expect(salts.size).toBeGreaterThan(995);
  });

  it.each([
    ['nothing', ''],
    ['a cut one', renderToken(token).slice(0, -1)],
    ['one with more behind it', `${renderToken(token)}0`],
    ['one of another version', renderToken(token).replace(/^1/, '3')],
    ['one that should say when it was used, and does not', renderToken(token).replace(/^1/, '2')],
    ['one that says so though it should not', renderToken(timed).replace(/^2/, '1')],
    ['one whose use is no number', `${renderToken(timed).slice(0, -1)}!`],
    ['one whose time is no number', `1${token.podId}!!!!!!!${token.salt}`],
    ['an address in base64', Buffer.from('10.0.0.1:8080').toString('base64')],
  ])('is not %s', (_what, text) => {
    expect(parseToken(text)).toBeNull();
  });

  it('is read from any text without an error', () => {
    const isRead = (text: string) => parseToken(text) === null || [33, 42].includes(text.length);
    fc.assert(fc.property(fc.string({ maxLength: 64 }), isRead));
    fc.assert(fc.property(fc.stringMatching(/^[12][0-9a-z]{32}([0-9a-z]{9})?$/), isRead));
  });
});
