import { describe, expect, it } from 'vitest';
import { commonPasswords } from './common-passwords.js';

describe('the list of common passwords', () => {
  it('holds 3,000 that the length rule lets through, as they are compared', () => {
    expect(commonPasswords.size).toBe(3000);
    for (const password of commonPasswords) {
      expect(password.length).toBeGreaterThanOrEqual(8);
      expect(password).toBe(password.normalize('NFC').toLowerCase());
    }
  });
});
