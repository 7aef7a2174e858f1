// From acknowledgements to how long each change took.
import { matchAcks } from '../../../bench/control-plane/acks.ts';

describe('matchAcks', () => {
  const changes = [
    { service: 7, kind: 'gone' },
    { service: 3, kind: 'come' },
  ] as const;

  it("measures each acknowledgement from its Service's change, additions apart from removals", () => {
    const acks = [
      { service: 3, atUs: 260 },
      { service: 7, atUs: 130 },
      { service: 7, atUs: 150 },
    ];
    expect(matchAcks(changes, [100, 200], acks)).toEqual({ gone: [30, 50], come: [60] });
  });

  it('leaves out what belongs to no change, or came before it', () => {
    const acks = [
      { service: 5, atUs: 500 },
      { service: -1, atUs: 500 },
      { service: 3, atUs: 199 },
    ];
    expect(matchAcks(changes, [100, 200], acks)).toEqual({ gone: [], come: [] });
  });

  it('leaves out the acknowledgements of a change that was never applied', () => {
    expect(matchAcks(changes, [100], [{ service: 3, atUs: 500 }])).toEqual({ gone: [], come: [] });
  });
});
