export { allServices, testDatabase, type TestDatabase } from './test-database.js';
export { testPasswords } from './test-passwords.js';
export {
  actorNamed,
  bootTestPlatform,
  testPlatform,
  type TestAnswer,
  type TestPlatform,
  type TestPlatformOptions,
} from './test-platform.js';
