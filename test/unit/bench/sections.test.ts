// The page of figures has a place for each section that the bench writes.
import { readFileSync } from 'node:fs';
import { SECTIONS } from '../../../bench/publish/index.ts';

const PAGE = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8');

it.each(SECTIONS.map(({ name }) => [name]))('%s stands between its two marks, once', (name) => {
  const [start, end] = [`<!-- bench:${name} -->\n`, `<!-- /bench:${name} -->\n`];
  expect([PAGE.split(start).length, PAGE.split(end).length]).toEqual([2, 2]);
  expect(PAGE.indexOf(start)).toBeLessThan(PAGE.indexOf(end));
});
