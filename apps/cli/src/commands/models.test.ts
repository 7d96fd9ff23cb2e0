import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const movedAt = '2024-05-01T00:00:00.000Z';

describe('assay models move', () => {
  it('asks for all moves at once, each from what its pointer holds now', async () => {
    const line = aCommandLine(({ method }) =>
      method === 'GET'
        ? { json: { pointers: [{ pointer: 'champion', version: '1', movedAt }] } }
        : {
            json: {
              pointers: [
                { model: 'credit-risk', pointer: 'champion', version: '2', move: null },
                { model: 'credit-risk', pointer: 'challenger', version: null, move: null },
              ],
            },
          },
    );
    const { code, out } = await line.run(
      'models',
      'move',
      'credit-risk@champion=2',
      'credit-risk@challenger=none',
      '--reason',
      'swap',
    );
    expect(code).toBe(0);
    expect(line.sent.at(-1)?.path).toBe('/api/v1/pointer-moves');
    expect(JSON.parse(line.sent.at(-1)?.body ?? '')).toEqual({
      moves: [
        { model: 'credit-risk', alias: 'champion', version: '2', expected: '1' },
        { model: 'credit-risk', alias: 'challenger', version: null, expected: null },
      ],
      reason: 'swap',
    });
    expect(out).toMatch(/credit-risk@champion +2 +–\ncredit-risk@challenger +– +–/);
  });

  it.each(['credit-risk=2', 'credit-risk@champion', 'credit-risk@champion=two'])('refuses %s', async (text) => {
    const line = aCommandLine();
    expect((await line.run('models', 'move', text)).code).toBe(2);
    expect(line.sent).toEqual([]);
  });
});
