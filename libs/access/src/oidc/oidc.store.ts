import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

export type OidcPurpose = 'session' | 'proof';

export interface OidcAttempt {
  nonce: string;
  codeVerifier: string;
  purpose: OidcPurpose;
  loopbackUri: string | null;
  loopbackChallenge: string | null;
  loopbackState: string | null;
  startedAt: Date;
}

export interface ExternalIdentity {
  id: string;
  issuer: string;
  subject: string;
  personId: string;
  createdAt: Date;
}

export interface OidcCode {
  purpose: OidcPurpose;
  personId: string;
  challenge: string;
}

/** How long a person may take on the provider's pages. */
export const attemptSeconds = 600;
const codeSeconds = 60;
const proofSeconds = 300;

/** Sign-ins under way and what comes of them. Every end is told by the database's own clock. */
@Injectable()
export class OidcStore {
  async insertAttempt(
    tx: Tx,
    attempt: Omit<OidcAttempt, 'startedAt'> & { stateSha256: string; browserSha256: string },
  ): Promise<void> {
    await tx.query('delete from access.oidc_attempt where expires_at < now()');
    await tx.query(
      `insert into access.oidc_attempt (state_sha256, browser_sha256, nonce, code_verifier, purpose, loopback_uri, loopback_challenge, loopback_state, started_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, now(), now() + make_interval(secs => $9))`,
      [
        attempt.stateSha256,
        attempt.browserSha256,
        attempt.nonce,
        attempt.codeVerifier,
        attempt.purpose,
        attempt.loopbackUri,
        attempt.loopbackChallenge,
        attempt.loopbackState,
        attemptSeconds,
      ],
    );
  }

  /** Takes an attempt: nobody else gets it, and a browser that did not start it doesn't either. */
  async takeAttempt(tx: Tx, stateSha256: string, browserSha256: string): Promise<OidcAttempt | null> {
    const [rows]: [OidcAttempt[], number] = await tx.query(
      `delete from access.oidc_attempt where state_sha256 = $1 and browser_sha256 = $2 and expires_at > now()
         returning nonce, code_verifier as "codeVerifier", purpose, loopback_uri as "loopbackUri", loopback_challenge as "loopbackChallenge",
           loopback_state as "loopbackState", started_at as "startedAt"`,
      [stateSha256, browserSha256],
    );
    return rows[0] ?? null;
  }

  async insertCode(tx: Tx, codeSha256: string, code: OidcCode): Promise<void> {
    await tx.query('delete from access.oidc_code where expires_at < now()');
    await tx.query(
      'insert into access.oidc_code (code_sha256, purpose, person_id, challenge, expires_at) values ($1, $2, $3, $4, now() + make_interval(secs => $5))',
      [codeSha256, code.purpose, code.personId, code.challenge, codeSeconds],
    );
  }

  /** Takes a code of one purpose; it is gone whether or not its verifier fits. */
  async takeCode(tx: Tx, codeSha256: string, purpose: OidcPurpose): Promise<OidcCode | null> {
    const [rows]: [OidcCode[], number] = await tx.query(
      `delete from access.oidc_code where code_sha256 = $1 and purpose = $2 and expires_at > now()
         returning purpose, person_id as "personId", challenge`,
      [codeSha256, purpose],
    );
    return rows[0] ?? null;
  }

  /** Keeps a proof for a few minutes, and answers until when. */
  async insertProof(tx: Tx, secretSha256: string, personId: string): Promise<Date> {
    await tx.query('delete from access.signing_proof where expires_at < now()');
    const [row]: { expiresAt: Date }[] = await tx.query(
      `insert into access.signing_proof (secret_sha256, person_id, expires_at) values ($1, $2, now() + make_interval(secs => $3))
         returning expires_at as "expiresAt"`,
      [secretSha256, personId, proofSeconds],
    );
    if (row === undefined) throw new Error('a proof was not kept');
    return row.expiresAt;
  }

  async personOf(tx: Tx, issuer: string, subject: string): Promise<string | null> {
    const rows: { id: string }[] = await tx.query(
      'select person_id as id from access.external_identity where issuer = $1 and subject = $2',
      [issuer, subject],
    );
    return rows[0]?.id ?? null;
  }

  /** Whether a person is somebody at a provider already. */
  async isKnownAt(tx: Tx, issuer: string, personId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select from access.external_identity where issuer = $1 and person_id = $2',
      [issuer, personId],
    );
    return rows.length > 0;
  }

  async link(tx: Tx, identity: ExternalIdentity): Promise<void> {
    await tx.query(
      'insert into access.external_identity (id, issuer, subject, person_id, created_at) values ($1, $2, $3, $4, $5)',
      [identity.id, identity.issuer, identity.subject, identity.personId, identity.createdAt],
    );
  }
}
