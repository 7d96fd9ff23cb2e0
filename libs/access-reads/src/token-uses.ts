import type { Database } from '@assay/platform/database';

const everyMs = 60_000;
const rememberCount = 50_000;

const note = {
  name: 'access-note-token-use',
  text: `insert into access.token_use (token_id, last_used_at) values ($1, now())
    on conflict (token_id) do update set last_used_at = excluded.last_used_at where access.token_use.last_used_at < excluded.last_used_at`,
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
