// Puts what the bench writes between the markers of a page, and leaves the rest of the page as people wrote it.

/** Throws when the page has not both markers of `name`, in this order and once. */
export function fillBlock(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  const once = page.lastIndexOf(begin) === from && page.lastIndexOf(end) === to;
  if (!once || from < 0 || to < from) {
    throw new Error(`the page needs ${begin} and, after it, ${end}: each on a line of its own, and once`);
  }
  return `${page.slice(0, from)}${begin}\n\n${text.trim()}\n\n${page.slice(to)}`;
}

export interface MarkdownColumn<T> {
  readonly title: string;
  readonly cell: (row: T) => string;
}

/** The first column to the left, the others, numbers, to the right. */
export function renderMarkdownTable<T>(columns: readonly MarkdownColumn<T>[], rows: readonly T[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`,
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ].join('\n');
}
