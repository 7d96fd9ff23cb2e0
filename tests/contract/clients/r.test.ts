import { testDatabase } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { registryServer } from '../registry-server.js';
import { type Exchange, rSession } from './r/r-session.js';
import { asR, numberAsR } from './r/r-text.js';

/** MLflow's R client sends every scalar as a text: its requests must be understood as the typed ones are. */
describe('requests as the R client sends them', () => {
  const typedServer = registryServer(testDatabase());
  const textServer = registryServer(testDatabase());
  let typed: Exchange[];
  let texts: Exchange[];

  beforeAll(async () => {
    typed = await rSession(typedServer.url, (value) => value);
    texts = await rSession(textServer.url, asR);
  });

  it('all succeed', () => {
    expect(texts.filter(({ status }) => status !== 200)).toEqual([]);
    expect(texts.length).toBeGreaterThan(50);
  });

  it('are answered as typed requests are', () => {
    expect(texts).toEqual(typed);
  });

  it.each([
    [0.1 + 0.2, '0.3'],
    [100_000, '1e+05'],
    [123_456, '123456'],
    [1_700_000_123_456, '1700000123456'],
    [1_700_000_000_000, '1.7e+12'],
    [1e-20, '1e-20'],
    [-0.25, '-0.25'],
    [1e15, '1e+15'],
    [0, '0'],
  ])('write the number %d as R does: %s', (value, text) => {
    expect(numberAsR(value)).toBe(text);
  });
});
