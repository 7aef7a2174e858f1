// Kubernetes' own examples of `$(NAME)`.
import { expandVariables } from '../../../src/local/expand-variables.ts';

describe('expandVariables', () => {
  const variables = new Map([
    ['A', 'one'],
    ['B_2', 'two'],
    ['EMPTY', ''],
  ]);

  it.each([
    ['$(A)', 'one'],
    ['x-$(A)-$(B_2)', 'x-one-two'],
    ['$(EMPTY)', ''],
    ['$(NONE)', '$(NONE)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$one'],
    ['$$$$(A)', '$$(A)'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['100$', '100$'],
    ['$', '$'],
    ['$()', '$()'],
    ['', ''],
  ])('makes %j %j', (text, expected) => {
    expect(expandVariables(text, variables)).toBe(expected);
  });

  it('does not expand what it has put in', () => {
    expect(
      expandVariables(
        '$(A)',
        new Map([
          ['A', '$(B)'],
          ['B', 'no'],
        ]),
      ),
    ).toBe('$(B)');
  });
});
