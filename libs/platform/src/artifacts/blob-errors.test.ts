import { describe, expect, it } from 'vitest';
import { fileFault, s3Fault } from './blob-errors.js';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'write' });
}

describe('faults of the file system', () => {
  it.each(['ENOSPC', 'EDQUOT'])('tells a full disk (%s) as a sentence with the status for it', (code) => {
    const fault = fileFault(systemError(code), '/data');
    expect(fault).toMatchObject({
      code: 'INSUFFICIENT_STORAGE',
      detail: 'The disk of the artifact store is full: free some space and try again.',
    });
  });

  it('names the folder that cannot be written', () => {
    expect(fileFault(systemError('EROFS'), '/data')).toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
      detail: expect.stringContaining('/data'),
    });
  });

  it('leaves the error of a broken upload as it is', () => {
    const error = new Error('aborted');
    expect(fileFault(error, '/data')).toBe(error);
  });
});

describe('faults of the S3 store', () => {
  it.each([
    ['XMinioStorageFull', 'INSUFFICIENT_STORAGE'],
    ['AccessDenied', 'TEMPORARILY_UNAVAILABLE'],
    ['ECONNREFUSED', 'TEMPORARILY_UNAVAILABLE'],
  ])('tells %s as %s', (code, told) => {
    expect(s3Fault(Object.assign(new Error(code), { code }))).toMatchObject({ code: told });
  });
});
