// Revisions as people name them.
import { resolveRevision } from '../../../bench/bed/revisions.ts';

describe('resolveRevision', () => {
  it('throws for what names none, and takes nothing for an option', () => {
    expect(() => resolveRevision('no-such-revision')).toThrow('no-such-revision');
    expect(() => resolveRevision('--all')).toThrow('--all');
  });
});
