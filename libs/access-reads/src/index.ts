export { Approvers, type AskedApprover } from './approvers.js';
export { AttemptLimiter } from './attempt-limiter.js';
export { CredentialProof, type Proven, wrongCredential } from './credential-proof.js';
export { hashPassword, passwordMatches } from './password-hash.js';
export { PersonNames } from './person-names.js';
export { newSigningProof } from './signing-proof.js';
export { Standing, type Holding } from './standing.js';
export { TokenCredentialReader, localActor } from './token-credential-reader.js';
export {
  formatToken,
  hashSecret,
  newTokenParts,
  parseToken,
  randomBase62,
  secretMatches,
  type TokenParts,
} from './token-format.js';
