// One page of an admin server: what it answers to, and how its answer is made.

export interface AdminRoute {
  /** GET only reads (HEAD comes with it); whatever changes something is POST. */
  readonly method: 'GET' | 'POST';
  /** Exact, e.g. `/stats/prometheus`. */
  readonly path: string;
  /** One sentence, shown by `GET /`. */
  readonly doc: string;
  /** Called once a request. What it throws becomes a 500 with the message. */
  handle(query: URLSearchParams): AdminResponse | Promise<AdminResponse>;
}

export interface AdminResponse {
  readonly status: number;
  readonly contentType: string;
  /** Further ones, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Parts are asked for as fast as the reader takes them, so a large page is never whole in memory. */
  readonly body: string | Iterable<string> | AsyncIterable<string>;
}

const TEXT = 'text/plain; charset=utf-8';

export function textResponse(body: AdminResponse['body'], status = 200): AdminResponse {
  return { status, contentType: TEXT, body };
}

/** `body` is JSON already. */
export function jsonResponse(body: AdminResponse['body'], status = 200): AdminResponse {
  return { status, contentType: 'application/json', body };
}

/** A sentence for a person, with its line end. */
export function refusal(status: number, sentence: string): AdminResponse {
  return textResponse(`${sentence}\n`, status);
}

/** Answers as text, or as JSON with `?format=json`; each is only made when it is asked for. */
export function byFormat(
  query: URLSearchParams,
  text: () => AdminResponse['body'],
  json: () => AdminResponse['body'],
): AdminResponse {
  const format = query.get('format') ?? 'text';
  if (format === 'json') return jsonResponse(json());
  if (format === 'text') return textResponse(text());
  return refusal(400, `There is no format ${JSON.stringify(format)}: write format=json or format=text.`);
}
