// Lays rows of text out in columns.

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** One line for the titles, one for each row; columns two spaces apart, no trailing blanks. Missing cells are empty. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  const renderLine = (cells: readonly string[]): string =>
    columns
      .map((column, index) => pad(cells[index] ?? '', widths[index] ?? 0, column.align))
      .join('  ')
      .trimEnd();
  return lines.map(renderLine).join('\n');
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
