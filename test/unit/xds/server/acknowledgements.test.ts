// What stands accepted and refused after each answer.
import { Acknowledgements, MAX_REFUSALS } from '../../../../src/xds/server/acknowledgements.ts';

function sent(...names: string[]) {
  return { version: names.join('+'), names, complete: false };
}

describe('Acknowledgements', () => {
  it('knows a nonce of an earlier response from the last one and from none', () => {
    const answers = new Acknowledgements();
    answers.send('1', sent('a'));
    answers.answer('1', null, 0);
    answers.send('2', sent('b'));
    expect([answers.isStale('1'), answers.isStale('2'), answers.isStale('')]).toEqual([true, false, false]);
    expect(answers.answer('1', 'too late', 0)).toBe(false);
    expect(answers.answer('', null, 0)).toBe(false);
    expect(answers.outstanding).toBe(true);
  });

  it('takes each response as answered once', () => {
    const answers = new Acknowledgements();
    answers.send('1', sent('a'));
    expect([answers.answer('1', null, 0), answers.answer('1', 'changed my mind', 0)]).toEqual([true, false]);
    expect([answers.ackedVersion, answers.refused.size]).toEqual(['a', 0]);
  });

  it('blames those whose names the reason has as words of their own', () => {
    const answers = new Acknowledgements();
    answers.send('1', sent('web', 'web-2', 'api', 'db'));
    answers.answer('1', 'cluster "web-2": bad; api.', 7);
    expect([...answers.refused]).toEqual([
      ['web-2', { version: 'web+web-2+api+db', reason: 'cluster "web-2": bad; api.', at: 7 }],
      ['api', expect.anything()],
    ]);
  });

  it('blames the only one in a response, whatever the reason says, and none of several where it names none', () => {
    const answers = new Acknowledgements();
    answers.send('1', sent('web'));
    answers.answer('1', 'no', 0);
    expect([...answers.refused.keys()]).toEqual(['web']);
    answers.send('2', sent('api', 'db'));
    answers.answer('2', 'no', 0);
    expect([...answers.refused.keys()]).toEqual(['web', '']);
    answers.send('3', sent('api'));
    answers.answer('3', null, 0);
    expect([...answers.refused.keys()]).toEqual(['web']);
  });

  it('forgets every refusal with the ACK of a complete set', () => {
    const answers = new Acknowledgements();
    answers.send('1', sent('web'));
    answers.answer('1', 'no', 0);
    answers.send('2', { ...sent('api'), complete: true });
    answers.answer('2', null, 0);
    expect(answers.refused.size).toBe(0);
  });

  it(`keeps at most ${MAX_REFUSALS} refusals`, () => {
    const answers = new Acknowledgements();
    const names = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
    answers.send('1', sent(...names));
    answers.answer('1', names.join(' '), 0);
    expect(answers.refused.size).toBe(MAX_REFUSALS);
  });
});
