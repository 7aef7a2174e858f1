// A program: calls a gRPC target (first argument), each call with a deadline (second one, ms), through gRPC's own xDS client. Each line of stdin is a number of calls; each line of stdout is the JSON list of
// what answered them, `error: …` for a call that failed. Its bootstrap stands in GRPC_XDS_BOOTSTRAP_CONFIG, as gRPC wants it.
import { createInterface } from 'node:readline';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';

const [target = '', deadlineMs = '10000'] = process.argv.slice(2);
const same = (bytes: Buffer): Buffer => bytes;

register();
const client = new Client(target, credentials.createInsecure());

function call(): Promise<string> {
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + Number(deadlineMs) };
    client.makeUnaryRequest(
      '/test.Who/Ask',
      same,
      same,
      Buffer.alloc(0),
      new Metadata({ waitForReady: false }),
      options,
      (error, answer) => resolve(error === null ? String(answer) : `error: ${error.message}`),
    );
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const answers: string[] = [];
  for (let count = Number(line); count > 0; count -= 1) answers.push(await call());
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
client.close();
process.exit(0);
