// ClientHellos: which name and protocols we read in them, without a handshake, against what OpenSSL tells of them in one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type Random, randomBelow } from '../../../src/base/random.ts';
import { type ClientHello, readClientHello } from '../../../src/proxy/codec/detection/client-hello.ts';
import {
  alpnExtension,
  extension,
  helloMessage,
  records,
  serverNameExtension,
  vector,
} from '../../support/client-hellos.ts';
import type { Fuzzer, Verdict } from '../fuzzer.ts';
import { type Traffic, WireEnd } from '../http1/memory-wire.ts';
import { pick } from '../http1/mutations.ts';
import { say } from '../http1/node-oracle.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tls');
const CONTEXT = createSecureContext({
  cert: readFileSync(join(FIXTURES, 'server.pem')),
  key: readFileSync(join(FIXTURES, 'server.key')),
});

const NAMES = ['a.example', 'WWW.A.Example', 'x', 'a_b.example', '10.0.0.1', 'v'.repeat(255)];
const NASTY_NAMES = ['', 'a\0b', 'a b', '.', 'a.example.', 'caf\xe9', 'a/b', '*.a', 'v'.repeat(256)];
const PROTOCOLS = ['h2', 'http/1.1', 'http/1.0', '\x0a\x0a', 'x'.repeat(40)];
/** TLS 1.3's, then those of RSA and ECDSA certificates in TLS 1.2. */
const CIPHERS = Buffer.from('13011302c02fc02bc030c02ccca8cca9', 'hex');
const KEY_SHARE_BYTES = 32;

export const clientHellos: Fuzzer = {
  name: 'client-hello',
  promise:
    'the server name and protocols that we read, OpenSSL reads alike, and it takes nothing for which we would wait on',
  shortRun: 1_500,
  generate(random) {
    const bytes = compose(random);
    return (randomBelow(random, 2) === 0 ? bytes : spoil(bytes, random)).toString('latin1');
  },
  check: checkHello,
};

async function checkHello(input: string): Promise<Verdict> {
  const ours = readClientHello(Buffer.from(input, 'latin1'));
  const theirs = await heardByOpenSsl(input);
  if (theirs === null) return { accepted: false, problem: '' };
  if (typeof ours === 'string')
    return { accepted: false, problem: ours === 'incomplete' ? 'OpenSSL does not wait for more' : '' };
  return { accepted: true, problem: render(ours) === render(theirs) ? '' : `${render(ours)} | ${render(theirs)}` };
}

function render({ serverName, applicationProtocols }: ClientHello): string {
  return JSON.stringify([serverName.toLowerCase(), applicationProtocols.map(asNodeReadsIt)]);
}

/** Node tells protocols as ASCII, without the highest bit. */
function asNodeReadsIt(protocol: string): string {
  return Buffer.from(protocol, 'latin1').toString('ascii');
}

/** Null: it refuses it, or waits for more. */
async function heardByOpenSsl(input: string): Promise<ClientHello | null> {
  const traffic: Traffic = { events: 0 };
  const [ours, theirs] = WireEnd.pair(traffic);
  ours.resume();
  let heard: ClientHello | null = null;
  const server = new TLSSocket(theirs, {
    isServer: true,
    secureContext: CONTEXT,
    ALPNCallback: ({ servername, protocols }) => {
      // Against its type it is `false` where there is none.
      heard = { serverName: typeof servername === 'string' ? servername : '', applicationProtocols: protocols };
      return protocols[0];
    },
  });
  server.on('error', () => undefined);
  await say(ours, traffic, [input]);
  server.destroy();
  return heard;
}

/** Always with protocols: of them OpenSSL tells, with the name, when it has taken the whole message. */
function compose(random: Random): Buffer {
  const nasty = randomBelow(random, 6) === 0;
  const extensions = [alpn(random, nasty)];
  if (randomBelow(random, 4) > 0) {
    const name = pick(random, nasty ? NASTY_NAMES : NAMES);
    extensions.push(serverNameExtension(Buffer.from(name, 'latin1'), nasty && randomBelow(random, 4) === 0 ? 1 : 0));
  }
  extensions.push(...handshakeExtensions(random));
  if (randomBelow(random, 3) === 0) extensions.push(extension(0x0a0a, Buffer.alloc(randomBelow(random, 3))));
  if (nasty && randomBelow(random, 3) === 0) extensions.push(pick(random, extensions));
  shuffle(extensions, random);
  const sessionId = Buffer.alloc(pick(random, [0, 32]), 5);
  const message = helloMessage(Buffer.concat(extensions), { sessionId, ciphers: CIPHERS });
  return records(message, pick(random, [16_384, 16_384, 100, 9]));
}

function alpn(random: Random, nasty: boolean): Buffer {
  const names = Array.from({ length: 1 + randomBelow(random, 3) }, () => pick(random, PROTOCOLS));
  return alpnExtension(nasty && randomBelow(random, 3) === 0 ? [...names, ''] : names);
}

/** What a handshake of TLS 1.2, and of 1.3 half of the time, cannot do without. */
function handshakeExtensions(random: Random): Buffer[] {
  const groups = extension(10, vector(2, Buffer.from('001d00170018', 'hex')));
  const signatures = extension(13, vector(2, Buffer.from('0403080408050806040105010601', 'hex')));
  const points = extension(11, vector(1, Buffer.of(0)));
  if (randomBelow(random, 2) === 0) return [groups, signatures, points];
  const versions = extension(43, vector(1, Buffer.from('03040303', 'hex')));
  const share = Buffer.concat([Buffer.of(0, 0x1d), vector(2, Buffer.alloc(KEY_SHARE_BYTES, 9))]);
  return [groups, signatures, versions, extension(51, vector(2, share))];
}

function shuffle(items: Buffer[], random: Random): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = randomBelow(random, at + 1);
    [items[at], items[other]] = [items[other] as Buffer, items[at] as Buffer];
  }
}

/** One to three bytes replaced, left out or put in. */
function spoil(bytes: Buffer, random: Random): Buffer {
  let spoilt = bytes;
  for (let changes = 1 + randomBelow(random, 3); changes > 0; changes -= 1) {
    const at = randomBelow(random, spoilt.length);
    const inserted = Buffer.from(Array.from({ length: randomBelow(random, 2) }, () => randomBelow(random, 256)));
    spoilt = Buffer.concat([spoilt.subarray(0, at), inserted, spoilt.subarray(at + randomBelow(random, 2))]);
  }
  return spoilt;
}
