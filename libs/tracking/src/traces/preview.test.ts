import { describe, expect, it } from 'vitest';
import { previewOf } from './preview.js';

describe('previewOf', () => {
  const messages = [
    { role: 'user', content: 'first' },
    { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'second' }] },
    { role: 'assistant', content: 'answer' },
  ];

  it.each([
    [{ x: 3, y: ['a', null] }, '{"x": 3, "y": ["a", null]}'],
    ['plain', 'plain'],
    [6, '6'],
    [{ messages }, 'second'],
    [{ request: { input: messages } }, 'second'],
    [{ choices: [{ message: { role: 'assistant', content: 'chosen' } }] }, 'chosen'],
    [{ messages: [] }, '{"messages": []}'],
    [{ messages: 'none' }, '{"messages": "none"}'],
  ])('shows of %j what the user said', (value, expected) => {
    expect(previewOf(value, 'user')).toBe(expected);
  });

  it('shows what the assistant said', () => {
    expect(previewOf({ messages }, 'assistant')).toBe('answer');
  });

  it('is cut after 1,000 characters', () => {
    expect(previewOf('x'.repeat(1000), 'user')).toHaveLength(1000);
    expect(previewOf('x'.repeat(1001), 'user')).toBe(`${'x'.repeat(997)}...`);
  });
});
