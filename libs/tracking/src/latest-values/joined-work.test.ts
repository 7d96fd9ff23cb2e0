import { requestContext } from '@assay/platform/telemetry';
import { expect, it } from 'vitest';
import { JoinedWork } from './joined-work.js';

function observed(keysAtOnce: number) {
  const joined = new JoinedWork(keysAtOnce);
  const begun: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const join = (key: string, caller: string) =>
    joined.join(key, async () => {
      begun.push(`${key} for ${caller}`);
      await new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
    });
  return { join, begun, end: (place: number, error?: Error) => ends[place]?.(error) };
}

it('is joined until it begins; whoever comes later waits for another time', async () => {
  const { join, begun, end } = observed(2);
  const first = [join('a', 'one'), join('a', 'two')];
  await expect.poll(() => begun).toEqual(['a for one']);
  const second = [join('a', 'three'), join('a', 'four')];
  end(0);
  await Promise.all(first);
  await expect.poll(() => begun).toEqual(['a for one', 'a for three']);
  end(1);
  await Promise.all(second);
});

it('waits for no other key as long as there is a turn', async () => {
  const { join, begun, end } = observed(2);
  const all = [join('a', 'one'), join('b', 'two'), join('c', 'three')];
  await expect.poll(() => begun).toEqual(['a for one', 'b for two']);
  const more = join('a', 'four');
  end(1);
  await expect.poll(() => begun).toEqual(['a for one', 'b for two', 'c for three']);
  end(0);
  await expect.poll(() => begun.length).toBe(4);
  end(2);
  end(3);
  await Promise.all([...all, more]);
});

it('tells a failure to those who asked for that work, and to nobody else', async () => {
  const { join, begun, end } = observed(1);
  const failed = [join('a', 'one'), join('a', 'two')];
  const outcomes = Promise.allSettled(failed);
  await expect.poll(() => begun.length).toBe(1);
  const later = join('a', 'three');
  end(0, new Error('no'));
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect.poll(() => begun.length).toBe(2);
  end(1);
  await later;
});

it('is done for no request in particular', async () => {
  const joined = new JoinedWork(1);
  let seen: unknown = 'nothing';
  await requestContext.run({ requestId: 'r', sourceAddress: '', auditIds: [], fence: async () => undefined }, () =>
    joined.join('a', async () => void (seen = requestContext.getStore())),
  );
  expect(seen).toBe(undefined);
});
