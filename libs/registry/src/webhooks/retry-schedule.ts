const baseMs = 5_000;
const growth = 4;
const longestMs = 12 * 3_600_000;
const longestRetryAfterMs = 24 * 3_600_000;

/**
 * How long to wait after an attempt that failed: full jitter, so a random share of 5 s · 4^(attempts - 1), at most 12 hours (Brooker,
 * "Exponential Backoff And Jitter"). A `Retry-After` that asks for longer is honoured, up to a day.
 */
export function retryDelayMs(
  attempts: number,
  retryAfterMs: number | null,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(longestMs, baseMs * growth ** Math.max(0, attempts - 1));
  return Math.round(Math.max(random() * ceiling, Math.min(retryAfterMs ?? 0, longestRetryAfterMs)));
}

/** Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date); null for none, or one that says nothing. */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const until = /^[A-Z][a-z]{2,8}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(until) ? null : Math.max(0, until - now.getTime());
}

/** Whether the same request may be answered better later: too many requests, a time-out, or a fault of the receiver. */
export function isWorthRetrying(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
