// Whole sessions of HTTP/2 through the sidecar: what pods hear behind it, against what Node's server hears in the same bytes.
import { randomBelow } from '../../../src/base/random.ts';
import { INTERNAL_ERROR } from '../../../src/proxy/codec/http2/error-code.ts';
import type { Fuzzer, Verdict } from '../fuzzer.ts';
import { cut } from '../http1/cut.ts';
import { connectThroughProxy } from '../http1/in-memory-proxy.ts';
import type { Traffic, WireEnd } from '../http1/memory-wire.ts';
import { type Hearing, NodeServer, say } from '../http1/node-oracle.ts';
import { composeSession, spoilSession } from './compose-session.ts';
import { hasLengthInTrailers } from './lengths-in-trailers.ts';
import { NodeHttp2Server, nodeReading } from './node-oracle.ts';
import { differenceOf, type HeardRequest, NO_END, requestOfHttp1, requestOfHttp2 } from './request-difference.ts';

const NODE = new NodeHttp2Server();
const HTTP1_PODS = new NodeServer();
const HTTP2_PODS = new NodeHttp2Server();

/** `up`: what pods speak. */
export function http2Sessions(up: 'http1' | 'http2'): Fuzzer {
  return {
    name: `http2-to-${up}`,
    promise: `what we forward of a session of HTTP/2, to pods of ${up}, Node's server hears in its bytes`,
    shortRun: 1_500,
    generate(random) {
      const session = composeSession(random);
      return (randomBelow(random, 2) === 0 ? session : spoilSession(session, random)).toString('latin1');
    },
    check: (input) => checkSession(input, up),
  };
}

async function checkSession(input: string, up: 'http1' | 'http2'): Promise<Verdict> {
  const [{ requests, failure }, forwarded] = await Promise.all([nodeReading(NODE, input), forward(input, up)]);
  const heard = requests.map(requestOfHttp2);
  const accepted = forwarded.some(({ complete }) => complete);
  const problem = forwarded.map((request) => problemOf(request, heard)).find((found) => found !== '') ?? '';
  const known = problem.endsWith(NO_END) && hasLengthInTrailers(Buffer.from(input, 'latin1'));
  // Node gives up a whole connection for some errors of one stream: it cannot tell what it would have heard behind that.
  return { accepted, problem: known || failure === INTERNAL_ERROR ? '' : problem };
}

/** Requests that pods have got, in any order. */
async function forward(input: string, up: 'http1' | 'http2'): Promise<readonly HeardRequest[]> {
  const traffic: Traffic = { events: 0 };
  const pods: (() => readonly HeardRequest[])[] = [];
  const onUpstream = (end: WireEnd): void => {
    pods.push(up === 'http1' ? hearHttp1(HTTP1_PODS.listen(end)) : hearHttp2(end));
  };
  const { caller, close } = connectThroughProxy(traffic, onUpstream, { down: 'http2', up });
  caller.resume();
  await say(caller, traffic, cut(input));
  const heard = pods.flatMap((requests) => requests());
  close();
  return heard;
}

function hearHttp1(hearing: Hearing): () => readonly HeardRequest[] {
  return () => hearing.messages.map(requestOfHttp1);
}

function hearHttp2(end: WireEnd): () => readonly HeardRequest[] {
  const hearing = HTTP2_PODS.listen(end);
  return () => hearing.requests.map(requestOfHttp2);
}

/** It is one of those that were sent, which then is taken; otherwise, what it differs in from the first with its method and path. */
function problemOf(request: HeardRequest, heard: HeardRequest[]): string {
  const at = heard.findIndex((sent) => differenceOf(sent, request) === '');
  if (at >= 0) {
    heard.splice(at, 1);
    return '';
  }
  const alike = heard.find(({ start }) => start === request.start);
  const why = alike === undefined ? 'Node hears no such request' : differenceOf(alike, request);
  return `forwarded ${request.start}: ${why}`;
}
