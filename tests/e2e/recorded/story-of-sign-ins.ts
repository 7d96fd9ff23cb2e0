import { createHash } from 'node:crypto';
import { hashSecret } from '@assay/access-reads';
import type { TestDatabase } from '@assay/testing';
import type { StoryProbe } from './route-caller.js';

const codeVerifier = 'v'.repeat(64);

/**
 * A command line redeems what its sign-ins at a provider came to. The codes are put where the callback puts them: the way there is walked with
 * a real provider in the tests of access.
 */
export async function storyOfSignIns(probe: StoryProbe, database: TestDatabase, personId: string): Promise<void> {
  const kept = async (code: string, purpose: 'session' | 'proof'): Promise<void> => {
    await database.query(
      `insert into access.oidc_code (code_sha256, purpose, person_id, challenge, expires_at) values ($1, $2, $3, $4, now() + interval '1 hour')`,
      [hashSecret(code), purpose, personId, createHash('sha256').update(codeVerifier).digest('base64url')],
    );
  };
  await kept('for a session', 'session');
  await probe.send({ route: 'POST /api/v1/oidc/sessions', body: { code: 'for a session', codeVerifier } });
  await kept('dropped', 'proof');
  await kept('kept', 'proof');
  await probe.send((phase) => ({ route: 'POST /api/v1/oidc/proofs', body: { code: phase, codeVerifier } }));
}
