import { describe, expect, it } from 'vitest';
import { couldNotConnect, isLostConnection } from './lost-connection.js';

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });

describe('an error of the connection', () => {
  it.each([
    new Error('Connection terminated unexpectedly'),
    withCode('read ECONNRESET', 'ECONNRESET'),
    withCode('write EPIPE', 'EPIPE'),
    withCode('read ETIMEDOUT', 'ETIMEDOUT'),
    withCode('terminating connection due to administrator command', '57P01'),
  ])('leaves open what happened: %s', (error) => {
    expect([isLostConnection(error), couldNotConnect(error)]).toEqual([true, false]);
  });

  it.each([
    withCode('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'),
    withCode('the database system is starting up', '57P03'),
    withCode('sorry, too many clients already', '53300'),
    new Error('timeout exceeded when trying to connect'),
  ])('says that nothing happened: %s', (error) => {
    expect(couldNotConnect(error)).toBe(true);
  });

  it.each([withCode('duplicate key', '23505'), new Error('no'), 'Connection terminated', null])(
    'is none: %s',
    (error) => {
      expect([isLostConnection(error), couldNotConnect(error)]).toEqual([false, false]);
    },
  );
});
