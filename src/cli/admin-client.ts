// Asks an admin server for a page of JSON, in bounded time and memory.
import { get, type IncomingMessage } from 'node:http';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { failure } from './cli-error.ts';

const TIMEOUT_MS = 5_000;
/** Some 100,000 endpoints. */
const MAX_BYTES = 134_217_728;

/** Rejects with the system's error where nobody answers (ECONNREFUSED …), and with a failure where the answer is not what was asked for. */
export async function fetchJson(address: SocketAddressSpec, path: string): Promise<unknown> {
  const where = `http://${renderSocketAddress(address)}${path}`;
  const response = await request(address, path);
  const text = await readText(response, where);
  if (response.statusCode !== 200) {
    throw failure(`${where} answered ${response.statusCode}: ${text.trim().slice(0, 200)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw failure(`${where} did not answer with JSON`, 'name the address of an admin server');
  }
}

function request(address: SocketAddressSpec, path: string): Promise<IncomingMessage> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    get({ host, port, path, agent: false, signal, headers: { host: hostField(address) } }, resolve).on('error', reject);
  });
}

/** Admin servers answer to addresses and `localhost` only, and the name that was dialled may be neither. */
function hostField(address: SocketAddressSpec): string {
  return /[a-zA-Z]/.test(address.host) && !address.host.includes(':') ? 'localhost' : renderSocketAddress(address);
}

async function readText(response: IncomingMessage, where: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw failure(`${where} answered with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
