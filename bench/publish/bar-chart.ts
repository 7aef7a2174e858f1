// Draws panels of horizontal bars as SVG: small, the same bytes for the same figures, readable on light and dark pages.

export interface Bar {
  readonly label: string;
  /** 0 or more. */
  readonly value: number;
  readonly ours: boolean;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Chart {
  /** For those who can't see it; also what the first line says. */
  readonly title: string;
  /** Each with a scale of its own. */
  readonly panels: readonly Panel[];
}

const WIDTH = 720;
const LABEL_WIDTH = 130;
const VALUE_WIDTH = 60;
const BAR_HEIGHT = 16;
const BAR_STEP = 22;
const TITLE_STEP = 26;
const MARGIN = 12;

const STYLE = [
  'text{font:13px system-ui,sans-serif;fill:#1f2937}',
  '.title{font-weight:600}.bar{fill:#94a3b8}.ours{fill:#2563eb}.one{stroke:#64748b;stroke-dasharray:3 3}',
  '@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.bar{fill:#64748b}.ours{fill:#60a5fa}.one{stroke:#94a3b8}}',
].join('');

/** A dashed line stands where a value of 1 would end: charts are of ratios. */
export function renderBarChart(chart: Chart): string {
  let top = MARGIN + TITLE_STEP;
  const drawn: string[] = [];
  for (const panel of chart.panels) {
    drawn.push(drawPanel(panel, top));
    top += TITLE_STEP + panel.bars.length * BAR_STEP + MARGIN;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}">`,
    `<title>${escapeXml(chart.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="${MARGIN}" y="${MARGIN + 14}">${escapeXml(chart.title)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, bars }: Panel, top: number): string {
  const largest = Math.max(1, ...bars.map(({ value }) => value));
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH - MARGIN;
  const lengthOf = (value: number): number => round((value / largest) * room);
  const first = top + TITLE_STEP - BAR_HEIGHT + 10;
  const rows = bars.map(({ label, value, ours }, index) => {
    const y = first + index * BAR_STEP;
    const baseline = y + BAR_HEIGHT - 4;
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${baseline}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect class="${ours ? 'ours' : 'bar'}" x="${LABEL_WIDTH}" y="${y}" width="${lengthOf(value)}" height="${BAR_HEIGHT}"/>`,
      `<text x="${LABEL_WIDTH + lengthOf(value) + 6}" y="${baseline}">${value.toFixed(2)}</text>`,
    ].join('');
  });
  const one = LABEL_WIDTH + lengthOf(1);
  const bottom = first + bars.length * BAR_STEP - 4;
  return [
    `<text x="${MARGIN}" y="${top + 12}">${escapeXml(title)}</text>`,
    ...rows,
    `<line class="one" x1="${one}" y1="${first - 4}" x2="${one}" y2="${bottom}"/>`,
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
