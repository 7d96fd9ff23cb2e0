import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalJsonBytes, NotCanonicalisableError } from './canonical-json.js';

describe('canonicalJson', () => {
  // RFC 8785 §3.2.2 and §3.2.3, with the expected text of §3.2.4.
  it('writes the sample of RFC 8785', () => {
    const sample = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonicalJson(sample)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('orders members by UTF-16 code units, as RFC 8785 §3.2.3 shows', () => {
    const sample = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '😀': 'Emoji',
      '\u0080': 'Control',
      ö: 'Latin',
    };
    const names = [...canonicalJson(sample).matchAll(/"([^"]+)":/g)].map((match) => match[1]);
    expect(names).toEqual(['\\r', '1', '\u0080', 'ö', '€', '😀', '\ufb33']);
  });

  it.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e21, '1e+21'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
  ])('writes the number %d as RFC 8785 appendix B does', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('parses back to the same value, and writes that the same way', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }).filter(wellFormed), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
        expect(canonicalJson(Object.fromEntries(Object.entries(value).toReversed()))).toBe(canonicalJson(value));
      }),
    );
  });

  it('leaves out undefined members', () => {
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
  });

  it.each([
    ['NaN', { a: [Number.NaN] }, '$.a[0] is NaN'],
    ['infinity', { a: Number.POSITIVE_INFINITY }, '$.a is Infinity'],
    ['a bigint', [1n], '$[0] is of type bigint'],
    ['a date', { at: new Date(0) }, '$.at is an instance of Date'],
    ['an undefined element', [undefined], '$[0] is of type undefined'],
    ['a lone surrogate', { a: '\ud800' }, '$.a contains half of a surrogate pair'],
    ['a lone surrogate in a name', { '\udc00': 1 }, '$ contains half of a surrogate pair'],
  ])('refuses %s and says where', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(NotCanonicalisableError);
    expect(() => canonicalJson(value)).toThrow(message);
  });

  it('refuses a value that contains itself, not one that is used twice', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => canonicalJson(loop)).toThrow('$.self contains itself');
    const twice = {};
    expect(canonicalJson([twice, twice])).toBe('[{},{}]');
  });

  it('gives UTF-8 bytes', () => {
    expect([...canonicalJsonBytes('é')]).toEqual([0x22, 0xc3, 0xa9, 0x22]);
  });
});

function wellFormed(value: unknown): boolean {
  return typeof JSON.stringify(value) === 'string' && !/\\ud[89a-f]/i.test(JSON.stringify(value));
}
