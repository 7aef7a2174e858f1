// Promises of plots: the same bytes for the same figures, text that is text, and lines that stay inside.
import { renderLineChart } from '../../../src/simulate/line-chart.ts';

const chart = {
  title: 'errors & <more>',
  unit: '% of requests',
  durationMs: 60_000,
  lines: [
    { label: '"a"', values: [0, 1, 2.5, 10] },
    { label: 'b', values: [3, 3, 3, 3] },
  ],
};

describe('a line chart', () => {
  it('says the same for the same figures, with what is text escaped', () => {
    const svg = renderLineChart(chart);
    expect(renderLineChart(chart)).toBe(svg);
    expect(svg).toContain('<title>errors &amp; &lt;more&gt;, % of requests</title>');
    expect(svg).toContain('&quot;a&quot;');
  });

  it('draws every value of every line inside of its frame, the largest at its top', () => {
    const points = [...renderLineChart(chart).matchAll(/points="([^"]+)"/g)].map(([, text = '']) =>
      text.split(' ').map((pair) => pair.split(',').map(Number)),
    );
    expect(points.map((line) => line.length)).toEqual([4, 4]);
    for (const [x = Number.NaN, y = Number.NaN] of points.flat()) {
      expect(x).toBeGreaterThanOrEqual(70);
      expect(x).toBeLessThanOrEqual(580);
      expect(y).toBeGreaterThanOrEqual(40);
      expect(y).toBeLessThanOrEqual(230);
    }
    // 10 is the top of its scale.
    expect(Math.min(...points.flat().map(([, y = Number.NaN]) => y))).toBe(40);
  });

  it('gives a colour and a label to eight lines, and says how many more there are', () => {
    const lines = Array.from({ length: 30 }, (_, number) => ({ label: `pod-${number}`, values: [number, 1] }));
    const svg = renderLineChart({ ...chart, lines });
    expect(svg.match(/class="other"/g)).toHaveLength(22);
    expect(svg).toContain('and 22 more');
    expect(svg).not.toContain('>pod-8<');
  });

  it('draws nothing but zeros without dividing by them', () => {
    expect(renderLineChart({ ...chart, lines: [{ label: '', values: [0, 0] }] })).not.toContain('NaN');
  });
});
