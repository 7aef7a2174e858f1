// The messages that the codec's micro benches parse and write, as their senders send them.

function head(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** What curl sends, with a request id and a token: 5 fields. */
export const CURL_REQUEST = head([
  'GET /data?page=1 HTTP/1.1',
  'Host: my-api-service',
  'User-Agent: curl/8.5.0',
  'Accept: */*',
  'Authorization: Bearer 0123456789abcdef0123456789abcdef',
  'X-Request-ID: 5f0c1f0e-8a51-4a5e-9a31-0c1b6b9d3c55',
]);

/** The same through `curl -x`: absolute-form, a hop-by-hop field. */
export const CURL_PROXY_REQUEST = head([
  'GET http://my-api-service/data?page=1 HTTP/1.1',
  'Host: my-api-service',
  'User-Agent: curl/8.5.0',
  'Accept: */*',
  'Proxy-Connection: Keep-Alive',
  'X-Request-ID: 5f0c1f0e-8a51-4a5e-9a31-0c1b6b9d3c55',
]);

/** What a browser sends: 15 fields. */
export const BROWSER_REQUEST = head([
  'GET /index.html HTTP/1.1',
  'Host: shop.example.com',
  'Connection: keep-alive',
  'Cache-Control: max-age=0',
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site: none',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark',
]);

/** What nginx answers for a file: 9 fields. */
export const NGINX_RESPONSE = head([
  'HTTP/1.1 200 OK',
  'Server: nginx/1.29.1',
  'Date: Fri, 21 Nov 2025 11:00:00 GMT',
  'Content-Type: application/octet-stream',
  'Content-Length: 1024',
  'Last-Modified: Fri, 21 Nov 2025 10:00:00 GMT',
  'Connection: keep-alive',
  'ETag: "68f0a1b2-400"',
  'Accept-Ranges: bytes',
  'X-Served-By: pod-1',
]);

/** 16 KiB of data in chunks of `size`, and the last chunk. */
export function chunkedBody(size: number): Buffer {
  const chunk = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  return Buffer.from(`${chunk.repeat(16_384 / size)}0\r\n\r\n`, 'latin1');
}

/** A bench of refused messages would measure nothing. */
export function expectOk(error: number): void {
  if (error !== 0) throw new Error(`the message was refused: parse error ${error}`);
}
