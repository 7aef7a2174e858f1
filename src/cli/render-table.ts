// Rows → columns for a terminal, as kubectl prints them.

const GAP = '   ';

/** Each row has as many cells as the header. No trailing spaces; line breaks in a cell become spaces. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map(oneLine));
  const widths = header.map((_, column) =>
    lines.reduce((width, cells) => Math.max(width, cells[column]?.length ?? 0), 0),
  );
  return lines
    .map((cells) => `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(GAP)}`.trimEnd())
    .join('\n');
}

function oneLine(cell: string): string {
  return cell.replaceAll('\r', ' ').replaceAll('\n', ' ');
}
