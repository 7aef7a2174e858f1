// The least a Node process can do per connection and still forward it: a pipe each way. See README.md; not a design.
const net = require('node:net');

const [port = '12005', ...upstreams] = process.argv.slice(2);
const ports = upstreams.map(Number);
let next = 0;

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (downstream) => {
  next = (next + 1) % ports.length;
  const upstream = net.connect({ host: '127.0.0.1', port: ports[next], allowHalfOpen: true, noDelay: true });
  downstream.on('error', () => upstream.destroy());
  upstream.on('error', () => downstream.destroy());
  downstream.pipe(upstream);
  upstream.pipe(downstream);
});
server.listen(Number(port), '127.0.0.1');
