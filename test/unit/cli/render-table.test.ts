// Promises of tables for a terminal.
import { renderTable } from '../../../src/cli/render-table.ts';

describe('renderTable', () => {
  it('aligns columns by their widest cell and leaves no trailing spaces', () => {
    expect(
      renderTable(
        ['NAME', 'PORT', 'NOTE'],
        [
          ['a', '80', ''],
          ['longer', '8080', 'x'],
        ],
      ),
    ).toBe('NAME     PORT   NOTE\na        80\nlonger   8080   x');
  });

  it('keeps each row on its line', () => {
    expect(renderTable(['A'], [['x\r\ny']])).toBe('A\nx  y');
  });
});
