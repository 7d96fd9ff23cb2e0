import { channel } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { giveBackAtRest } from './idle-memory.js';

const mib = 1024 * 1024;

describe('giving memory back', () => {
  const collect = vi.fn<() => void>();
  const resident = vi.spyOn(process.memoryUsage, 'rss');
  const cpu = vi.spyOn(process, 'cpuUsage');

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    vi.stubGlobal('gc', collect);
    resident.mockReturnValue(180 * mib);
    cpu.mockReturnValue({ user: 0, system: 0 });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.resetAllMocks();
  });

  function pass(seconds: number, requestsASecond = 0): void {
    for (let second = 0; second < seconds; second += 1) {
      for (let request = 0; request < requestsASecond; request += 1) channel('http.server.request.start').publish({});
      vi.advanceTimersByTime(1_000);
    }
  }

  it('collects once after the start, and again after 10 s of rest when memory has grown', () => {
    giveBackAtRest();
    vi.advanceTimersByTime(250);
    expect(collect).toHaveBeenCalledTimes(1);
    pass(60);
    expect(collect).toHaveBeenCalledTimes(1);
    resident.mockReturnValue(300 * mib);
    pass(1, 100);
    pass(9, 1);
    expect(collect).toHaveBeenCalledTimes(1);
    pass(1, 1);
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it('collects nothing while it is asked', () => {
    giveBackAtRest();
    for (let moment = 0; moment < 240; moment += 1) {
      channel('http.server.request.start').publish({});
      vi.advanceTimersByTime(250);
    }
    expect(collect).not.toHaveBeenCalled();
    vi.advanceTimersByTime(250);
    expect(collect).toHaveBeenCalledTimes(1);
    resident.mockReturnValue(300 * mib);
    pass(60, 2);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('collects nothing while it works', () => {
    giveBackAtRest();
    vi.advanceTimersByTime(250);
    resident.mockReturnValue(300 * mib);
    cpu.mockReturnValue({ user: 200_000, system: 0 });
    pass(60);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('looks at nothing without a collector', () => {
    vi.stubGlobal('gc', undefined);
    giveBackAtRest();
    expect(vi.getTimerCount()).toBe(0);
  });
});
