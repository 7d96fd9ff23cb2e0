import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RepeatedWork } from './repeated-work.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('works once the start is over and then at each interval, after a failure as well', async () => {
  const work = vi.fn(async (): Promise<null> => null).mockRejectedValueOnce(new Error('the database is away'));
  const repeated = new RepeatedWork('Test', 60_000, work);
  repeated.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(work).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(121_500);
  expect(work).toHaveBeenCalledTimes(3);
  await repeated.stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(work).toHaveBeenCalledTimes(3);
});

it('begins no round while another is under way, and waits for it at the end', async () => {
  const round = Promise.withResolvers<null>();
  const work = vi.fn(() => round.promise);
  const repeated = new RepeatedWork('Test', 1000, work);
  repeated.start();
  await vi.advanceTimersByTimeAsync(3500);
  expect(work).toHaveBeenCalledTimes(1);
  const stopped = vi.fn();
  const stopping = repeated.stop().then(stopped);
  await vi.advanceTimersByTimeAsync(10);
  expect(stopped).not.toHaveBeenCalled();
  round.resolve(null);
  await stopping;
  expect(stopped).toHaveBeenCalled();
});

it('does nothing where it is stopped during the start', async () => {
  const work = vi.fn(async (): Promise<null> => null);
  const repeated = new RepeatedWork('Test', 1000, work);
  repeated.start();
  await repeated.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).not.toHaveBeenCalled();
});
