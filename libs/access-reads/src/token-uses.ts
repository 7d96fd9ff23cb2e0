import type { Database } from '@assay/platform/database';

const everyMs = 60_000;
const rememberCount = 50_000;

const note = {
  name: 'access-note-token-use',
  text: 'select access.note_token_use($1)',
};

/** Notes when tokens are used: once a minute for each at most, and no request waits for it. */
export class TokenUses {
  private readonly noted = new Map<string, number>();

  constructor(private readonly database: Database) {}

  seen(tokenId: string): void {
    const now = performance.now();
    const before = this.noted.get(tokenId);
    if (before !== undefined && now - before < everyMs) return;
    if (this.noted.size >= rememberCount) this.noted.clear();
    this.noted.set(tokenId, now);
    // What fails here is noted at the next look-up instead: the request that it belongs to needs nothing of it.
    this.database.run(note, [tokenId]).catch(() => this.noted.delete(tokenId));
  }
}
