// Draws lines over time as SVG: small, the same bytes for the same figures, readable on light and dark pages.

export interface Line {
  readonly label: string;
  /** One a step, from left to right. */
  readonly values: readonly number[];
}

export interface LineChart {
  readonly title: string;
  /** What the values are. */
  readonly unit: string;
  /** What the whole width is, ms. */
  readonly durationMs: number;
  /** Of the first few each has a colour; the others are grey and have no label. */
  readonly lines: readonly Line[];
}

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 70;
const RIGHT = 140;
const TOP = 40;
const BOTTOM = 30;
const TICKS = 4;
const COLOURS = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#be185d', '#65a30d'];

const STYLE = [
  'text{font:12px system-ui,sans-serif;fill:#1f2937}.title{font-weight:600;font-size:13px}',
  'polyline{fill:none;stroke-width:1.5}.other{stroke:#94a3b8;stroke-width:.7}.grid{stroke:#cbd5e1;stroke-width:.5}',
  '@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.grid{stroke:#475569}.other{stroke:#64748b}}',
].join('');

export function renderLineChart(chart: LineChart): string {
  const top = niceAbove(Math.max(0, ...chart.lines.flatMap(({ values }) => values)));
  // The coloured ones lie on top.
  const drawn = chart.lines.map((line, at) => drawLine(line, at, top)).reverse();
  const labels = chart.lines.slice(0, COLOURS.length).map(({ label }, at) => {
    const y = TOP + 12 + at * 18;
    return `<text x="${WIDTH - RIGHT + 10}" y="${y}" style="fill:${COLOURS[at]}">${escapeXml(label)}</text>`;
  });
  const others = chart.lines.length - COLOURS.length;
  if (others > 0)
    labels.push(`<text x="${WIDTH - RIGHT + 10}" y="${TOP + 12 + COLOURS.length * 18}">and ${others} more</text>`);
  const title = `${chart.title}, ${chart.unit}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="12" y="20">${escapeXml(title)}</text>`,
    ...drawGrid(top, chart.durationMs),
    ...drawn,
    ...labels,
    '</svg>',
    '',
  ].join('\n');
}

function drawGrid(top: number, durationMs: number): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const y = yOf((top * tick) / TICKS, top);
    const x = round(LEFT + ((WIDTH - LEFT - RIGHT) * tick) / TICKS);
    return [
      `<line class="grid" x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}"/>`,
      `<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${number((top * tick) / TICKS)}</text>`,
      `<text x="${x}" y="${HEIGHT - 10}" text-anchor="middle">${number((durationMs * tick) / TICKS / 1_000)} s</text>`,
    ].join('');
  });
}

function drawLine({ values }: Line, at: number, top: number): string {
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, values.length - 1);
  const points = values.map((value, index) => `${round(LEFT + index * step)},${yOf(value, top)}`).join(' ');
  const colour = COLOURS[at];
  return `<polyline ${colour === undefined ? 'class="other"' : `stroke="${colour}"`} points="${points}"/>`;
}

function yOf(value: number, top: number): number {
  return round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM));
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5].find((one) => one * power >= value) ?? 10;
  return factor * power;
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
