import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { consume } from './consume.js';

describe('consume', () => {
  it('gives every chunk in order, and text as bytes', async () => {
    const given: string[] = [];
    await consume(Readable.from(['a', Buffer.from('b'), 'ü']), (chunk) => {
      given.push(Buffer.from(chunk).toString());
      return undefined;
    });
    expect(given).toEqual(['a', 'b', 'ü']);
  });

  it('gives no chunk while the one before is being taken, and ends only when the last is', async () => {
    let taking = 0;
    let taken = 0;
    await consume(Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(10_000))), async () => {
      taking += 1;
      expect(taking).toBe(1);
      await new Promise(setImmediate);
      taking -= 1;
      taken += 1;
    });
    expect(taken).toBe(50);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no more');
      },
    ],
    ['fails later', async () => Promise.reject(new Error('no more'))],
  ])('stops when the taker %s', async (_how, fail) => {
    let calls = 0;
    const body = Readable.from(['a', 'b', 'c']);
    await expect(
      consume(body, () => {
        calls += 1;
        return fail();
      }),
    ).rejects.toThrow('no more');
    await new Promise(setImmediate);
    expect(calls).toBe(1);
    body.destroy();
  });

  it("tells the stream's own error, also when it broke before", async () => {
    const broken = new Readable({ read() {} });
    const consumed = consume(broken, () => undefined);
    broken.destroy(new Error('cut'));
    await expect(consumed).rejects.toThrow('cut');
    await expect(consume(broken, () => undefined)).rejects.toThrow('cut');
  });

  it('takes a stream that closes before its end for broken', async () => {
    const broken = new Readable({ read() {} });
    const consumed = consume(broken, () => undefined);
    broken.push('half');
    broken.destroy();
    await expect(consumed).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });
});
