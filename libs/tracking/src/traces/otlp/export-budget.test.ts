import { describe, expect, it } from 'vitest';
import { ExportBudget } from './export-budget.js';

const mebibyte = 1024 * 1024;

describe('ExportBudget', () => {
  it('lets one export go on whatever its size', async () => {
    await new ExportBudget().during(async (count) => count.add(100 * mebibyte));
  });

  it('refuses what comes on top of too much, until that is done', async () => {
    const budget = new ExportBudget();
    const large = Promise.withResolvers<void>();
    const first = budget.during(async (count) => {
      count.add(30 * mebibyte);
      await large.promise;
    });
    const second = (bytes: number) => budget.during(async (count) => count.add(bytes));
    await second(mebibyte);
    await expect(second(3 * mebibyte)).rejects.toThrow('Too many exports at once');
    large.resolve();
    await first;
    await second(3 * mebibyte);
  });
});
