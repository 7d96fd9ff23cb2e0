/**
 * How long an `Idempotency-Key` of a creation is kept, in milliseconds: within it the same caller's same request is answered with what the first
 * one made. Later the key is free again. Clients repeat for minutes; a job that was cut off comes back within days.
 */
export const keyKeptMs = 7 * 24 * 3_600_000;
