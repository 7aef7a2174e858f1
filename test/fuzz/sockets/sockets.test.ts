// A short run of the fuzz of sockets, and what its checks see; `npm run fuzz:sockets` goes on from there.
import { seededRandom } from '../../../src/base/random.ts';
import type { AccessRecord } from '../../../src/telemetry/access-log.ts';
import { checkOutcomes } from './check-outcomes.ts';
import type { Outcome, OutcomeKind } from './outcome.ts';
import { drawCaller, type RequestPlan } from './plan.ts';
import { readAnswer } from './read-answer.ts';
import { fuzzSockets } from './run-sockets.ts';

const [DRAWN] = drawCaller(seededRandom(1), 'c').requests as [RequestPlan];
const PLAN: RequestPlan = { ...DRAWN, id: 'one' };
const RECORD = { requestId: 'one', status: 200, flags: '', details: '', attempts: 1, durationMs: 1 } as AccessRecord;

function check(
  kind: OutcomeKind,
  detail: string,
  flags: readonly string[],
  attempts: number,
  method: RequestPlan['method'] = 'GET',
): string[] {
  const outcome: Outcome = { plan: { ...PLAN, method }, kind, detail };
  const log = flags.map((flag) => ({ ...RECORD, flags: flag }));
  return checkOutcomes([outcome], log, new Map([['one', attempts]])).map((problem) => problem.split(':')[0] ?? '');
}

/** Bounded by its number of requests, 2 s on a machine of its own; a stalled pod costs each of its callers 800 ms. */
const LIMIT_MS = 20_000;

describe('1,500 requests of callers who may leave, to pods that may fail in every phase, under changes', () => {
  it(
    'each get a whole answer of their own, a failure of the sidecar, or an end that shows',
    async () => {
      const { problems, outcomes, requests } = await fuzzSockets({ requests: 1_500, seed: 1 });
      expect(problems).toEqual([]);
      expect(requests).toBeGreaterThanOrEqual(1_500);
      expect(outcomes.get('answered')).toBeGreaterThan(300);
      for (const kind of ['mesh UC', 'mesh UPE', 'mesh UT', 'cut', 'left', 'unserved'])
        expect(outcomes.has(kind)).toBe(true);
    },
    LIMIT_MS,
  );
});

describe('what becomes of a request', () => {
  it.each<readonly [OutcomeKind, string, readonly string[], number]>([
    ['answered', '', [''], 1],
    ['answered', '', [''], 3],
    ['mesh', 'UC', ['UC'], 1],
    ['mesh', 'UC', ['URX,UC'], 3],
    ['mesh', 'UC', ['UO,UC'], 2],
    ['mesh', 'UF', ['UF'], 0],
    ['cut', '', ['UC'], 1],
    ['unserved', '', [], 0],
    ['reset', 'ECONNRESET', ['UC'], 1],
    ['reset', 'ECONNRESET', [], 0],
    ['left', '', [], 0],
    ['left', '', ['DC'], 1],
  ])('may be "%s" %s, logged with %j, with %d attempts', (kind, detail, flags, attempts) => {
    expect(check(kind, detail, flags, attempts)).toEqual([]);
  });

  it.each<readonly [OutcomeKind, string, readonly string[], number, RequestPlan['method'], string]>([
    ['wrong', 'why', [''], 1, 'GET', 'what the caller saw is wrong'],
    ['answered', '', ['UC'], 1, 'GET', 'answered, but not logged so'],
    ['answered', '', [''], 0, 'GET', 'answered, but not logged so'],
    ['answered', '', [], 1, 'GET', 'not logged'],
    ['answered', '', ['', ''], 1, 'GET', 'one was logged twice'],
    ['answered', '', [''], 4, 'GET', 'sent to pods 4 times'],
    ['answered', '', [''], 2, 'POST', 'sent to pods 2 times'],
    ['mesh', 'UC', ['UF'], 1, 'GET', 'logged with another flag'],
    ['mesh', 'UC', ['URX,UF'], 3, 'GET', 'logged with another flag'],
    ['answered', '', ['UO'], 1, 'GET', 'answered, but not logged so'],
    ['reset', 'ECONNRESET', [''], 1, 'GET', 'reset without a reason in the log'],
    ['cut', '', [''], 1, 'GET', 'cut off without a reason in the log'],
    ['unserved', '', [''], 0, 'GET', 'not answered, though the sidecar took it'],
    ['unserved', '', [], 1, 'GET', 'not answered, though the sidecar took it'],
  ])(
    'must not be "%s" %s, logged with %j, with %d attempts of %s',
    (kind, detail, flags, attempts, method, problem) => {
      expect(check(kind, detail, flags, attempts, method)).toEqual([problem]);
    },
  );

  it('must not be in the log without having been asked for', () => {
    expect(checkOutcomes([], [RECORD], new Map())).toEqual([expect.stringContaining('nobody sent what was logged')]);
  });
});

describe('an answer as a caller reads it', () => {
  const read = (text: string, method = 'GET') => {
    const { status, body, complete, end } = readAnswer(Buffer.from(text, 'latin1'), 0, method);
    return [status, body.toString('latin1'), complete, end];
  };
  const OK = 'HTTP/1.1 200 OK\r\n';

  it.each<readonly [string, string, string, readonly unknown[]]>([
    ['half a head', `${OK}Content-Length: 4\r\n`, 'GET', [0, '', false, 0]],
    ['a body with length', `${OK}Content-Length: 4\r\n\r\nbodyHTTP`, 'GET', [200, 'body', true, 42]],
    ['half of it', `${OK}Content-Length: 4\r\n\r\nbo`, 'GET', [200, 'bo', false, 42]],
    [
      'chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\nHTTP`,
      'GET',
      [200, 'body', true, 66],
    ],
    ['half a chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n4\r\ndy`, 'GET', [200, 'body', false, 54]],
    ['a body up to the end', `${OK}\r\nbody`, 'GET', [200, 'body', false, 23]],
    ['a head alone', `${OK}Content-Length: 4\r\n\r\nHTTP`, 'HEAD', [200, '', true, 38]],
    [
      'an interim answer before it',
      `HTTP/1.1 103 Early\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
      'GET',
      [200, '', true, 60],
    ],
  ])('is told apart: %s', (_what, text, method, expected) => {
    expect(read(text, method)).toEqual(expected);
  });

  it.each(['220 mail.example\r\n\r\n', `${OK}Transfer-Encoding: chunked\r\n\r\nx\r\n`])(
    'is refused when it is %j',
    (text) => {
      expect(() => read(text)).toThrow(/^no (status line|chunk size)/);
    },
  );
});
