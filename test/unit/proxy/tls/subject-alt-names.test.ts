// The names of a certificate: told apart as Node writes them, so that no value can pass for another one.
import type { SubjectAltNameMatcherSpec } from '../../../../src/model/tls-spec.ts';
import { matchesAny, subjectAltNamesOf } from '../../../../src/proxy/tls/subject-alt-names.ts';

const names = (subjectaltname?: string) =>
  subjectAltNamesOf(subjectaltname === undefined ? {} : { subjectaltname }).map(
    ({ type, value }) => `${type} ${value}`,
  );

describe('the names of a certificate', () => {
  it.each<[string | undefined, readonly string[]]>([
    [undefined, []],
    ['', []],
    ['DNS:a.example', ['dns a.example']],
    [
      'DNS:a.example, URI:spiffe://a/b, IP Address:10.0.0.1, email:me@a.example',
      ['dns a.example', 'uri spiffe://a/b', 'ip 10.0.0.1', 'email me@a.example'],
    ],
    ['URI:"http://a/?x=1, DNS:evil.example", DNS:b', ['uri http://a/?x=1, DNS:evil.example', 'dns b']],
    ['DNS:"a\\", DNS:evil", DNS:b', ['dns a", DNS:evil', 'dns b']],
    ['DNS:"cut off', []],
    ['DirName:"CN = x, DNS:evil", othername:<unsupported>, DNS:b', ['dns b']],
    ['nonsense', []],
  ])('of %p are %j', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it.each<[SubjectAltNameMatcherSpec['match'], boolean]>([
    [{ kind: 'exact', value: 'spiffe://a/ns/x' }, true],
    [{ kind: 'exact', value: 'SPIFFE://a/ns/x' }, false],
    [{ kind: 'exact', value: 'SPIFFE://A/ns/X', ignoreCase: true }, true],
    [{ kind: 'prefix', value: 'spiffe://a/' }, true],
    [{ kind: 'suffix', value: '/x' }, true],
    [{ kind: 'contains', value: '/ns/' }, true],
    [{ kind: 'prefix', value: 'spiffe://b/' }, false],
  ])('match %j: %p', (match, expected) => {
    const have = subjectAltNamesOf({ subjectaltname: 'DNS:a, URI:spiffe://a/ns/x' });
    expect(
      matchesAny(have, [
        { type: 'dns', match: { kind: 'exact', value: 'z' } },
        { type: 'uri', match },
      ]),
    ).toBe(expected);
    expect(matchesAny(have, [{ type: 'email', match }])).toBe(false);
  });
});
