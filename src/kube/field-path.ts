// Paths inside a document as people write them: `spec.ports[0].name`, `metadata.labels['app.kubernetes.io/name']`.

export type PathStep = string | number;

/** `path` and one more step, in text. */
export function joinPath(path: string, step: PathStep): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  if (!isPlainKey(step)) return `${path}['${step.replaceAll("'", "''")}']`;
  return path === '' ? step : `${path}.${step}`;
}

/** The steps of a path that `joinPath` made. */
export function parsePath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  let at = 0;
  while (at < path.length) {
    if (path.startsWith("['", at)) {
      const end = quotedEnd(path, at + 2);
      steps.push(path.slice(at + 2, end).replaceAll("''", "'"));
      at = end + 2;
    } else if (path[at] === '[') {
      const end = indexOrEnd(path, ']', at);
      steps.push(Number(path.slice(at + 1, end)));
      at = end + 1;
    } else {
      const start = path[at] === '.' ? at + 1 : at;
      const end = Math.min(indexOrEnd(path, '.', start), indexOrEnd(path, '[', start));
      steps.push(path.slice(start, end));
      at = Math.max(end, at + 1);
    }
  }
  return steps;
}

/** The closing quote; two quotes in a row are one quote of the key. */
function quotedEnd(path: string, from: number): number {
  let at = from;
  for (;;) {
    const quote = indexOrEnd(path, "'", at);
    if (path[quote + 1] !== "'") return quote;
    at = quote + 2;
  }
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

function isPlainKey(key: string): boolean {
  return key !== '' && !/[^\w-]/.test(key);
}
