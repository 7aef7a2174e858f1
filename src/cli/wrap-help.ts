// Help for a terminal of 80 columns: paragraphs are wrapped, what is indented (options, examples to paste) stays as it is.
import { wrapText } from '../base/wrap-text.ts';

/** Of a terminal that nobody made wider. */
const COLUMNS = 80;

/** Lines that follow each other without indentation are one paragraph, but for a heading (`Examples:`) before them. */
export function wrapHelp(text: string): string {
  const lines: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    lines.push(...wrapText(paragraph.join(' '), COLUMNS));
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    const isHeading = paragraph.length === 0 && line.endsWith(':') && line.length <= COLUMNS;
    if (line !== '' && !line.startsWith(' ') && !isHeading) paragraph.push(line);
    else {
      flush();
      lines.push(line);
    }
  }
  flush();
  return lines.join('\n');
}
