export { AuthModule } from './auth.module.js';
export { CredentialReader, readCredential, type Credential } from './credential-reader.js';
export { JobTokens, jobTokenSeconds, type JobClaims } from './job-tokens.js';
export { loadOrMakeKey } from './key-file.js';
export { GUARD_DATABASE } from './guard-database.js';
