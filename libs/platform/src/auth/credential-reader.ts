import type { Actor } from '@assay/contracts';
import type { Fence } from '../telemetry/index.js';

/** What a request carried: a token as Bearer, or as the password of Basic (MLflow clients send either). */
export interface Credential {
  readonly token: string;
}

/** Finds out who a credential belongs to. Filled by `access-reads`, bound in the app. */
export abstract class CredentialReader {
  /**
   * The caller, or null when the credential is unknown, expired or revoked, or when none was given and one is needed.
   * @param workspace what the request's `X-MLFLOW-WORKSPACE` header asks for, if anything.
   */
  abstract actorOf(credential: Credential | null, workspace: string | null): Promise<Actor | null>;

  /**
   * Whether a caller who was let in may still write, as the transaction sees it. Asked only of jobs: a lease may end while a request
   * is under way, for as long as an upload lasts.
   */
  abstract stillHolds(tx: Parameters<Fence>[0], actor: Actor): Promise<boolean>;

  /** Drops what it remembers of credentials: called once a change of people, roles or tokens has committed. */
  forget(): void {}
}

/** Reads the Authorization header; anything but Bearer and Basic is as good as none. */
export function readCredential(header: string | undefined): Credential | null {
  const [scheme, value] = (header ?? '').trim().split(/\s+/, 2);
  if (!scheme || !value) return null;
  if (scheme.toLowerCase() === 'bearer') return { token: value };
  if (scheme.toLowerCase() !== 'basic') return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { token: text.slice(colon + 1) };
}
