import { AppError } from '@assay/platform/http';

const windowMs = 60_000;
const keyLimit = 50_000;

/** Counts attempts by key over the last minute: guessing is slow, also when many guesses are in flight at once. */
export class AttemptLimiter {
  private readonly attempts = new Map<string, number[]>();

  constructor(private readonly perMinute: number) {}

  /**
   * Takes one attempt, before the secret is looked at.
   * @throws {AppError} when the minute's attempts are used up.
   */
  take(key: string, now: Date): void {
    const recent = this.recent(key, now);
    if (recent.length >= this.perMinute) {
      throw new AppError(
        'REQUEST_LIMIT_EXCEEDED',
        `More than ${this.perMinute} attempts in a minute: wait a minute, then try again.`,
      );
    }
    if (this.attempts.size >= keyLimit) this.dropOld(now);
    this.attempts.set(key, [...recent, now.getTime()]);
  }

  /** Forgets a key's attempts after a right secret: for keys that only whoever knows the secret can clear. */
  clear(key: string): void {
    this.attempts.delete(key);
  }

  /** Gives one attempt back after a right secret, and leaves the wrong ones that came from the same place. */
  giveBack(key: string): void {
    const rest = (this.attempts.get(key) ?? []).slice(0, -1);
    if (rest.length > 0) this.attempts.set(key, rest);
    else this.attempts.delete(key);
  }

  private recent(key: string, now: Date): number[] {
    return (this.attempts.get(key) ?? []).filter((at) => at > now.getTime() - windowMs);
  }

  private dropOld(now: Date): void {
    for (const key of this.attempts.keys()) if (this.recent(key, now).length === 0) this.attempts.delete(key);
    if (this.attempts.size >= keyLimit)
      throw new AppError(
        'REQUEST_LIMIT_EXCEEDED',
        'Too many attempts from too many places: wait a minute, then try again.',
      );
  }
}
