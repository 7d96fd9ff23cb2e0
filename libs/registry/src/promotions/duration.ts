/** Milliseconds of a policy's duration: `12h` or `30d`. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)([hd])$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`'${text}' is no duration`);
  return Number(count) * (unit === 'd' ? 86_400_000 : 3_600_000);
}
