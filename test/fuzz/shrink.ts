// The shortest text that still fails, found by leaving parts out.

/** Far more than a message of some hundred bytes needs. */
const MAX_TRIES = 2_000;

/** Leaves out ever smaller parts of `text` as long as `fails` holds; `fails(text)` is true. */
export async function shrink(text: string, fails: (candidate: string) => Promise<boolean>): Promise<string> {
  let tries = 0;
  for (let part = Math.ceil(text.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2)) {
    for (let at = 0; at < text.length && tries < MAX_TRIES; tries += 1) {
      const candidate = text.slice(0, at) + text.slice(at + part);
      if (await fails(candidate)) text = candidate;
      else at += part;
    }
  }
  return text;
}
