import { expect, it } from 'vitest';
import { yamlOf } from './yaml-text.js';

it('writes plain ASCII, characters beyond 16 bits as one escape', () => {
  expect(yamlOf({ a: 'é\u0085 "q" 😀\n', b: [1, null] })).toBe(
    '{"a":"\\u00e9\\u0085 \\"q\\" \\U0001f600\\n","b":[1,null]}\n',
  );
});
