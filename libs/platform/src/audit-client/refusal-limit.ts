/** Recorded refusals per caller and minute: enough to see an attempt, too few to flood the log. */
const perCaller = 30;
/** And of all callers together: a caller who comes from ever new addresses can't flood it either. */
const perProcess = 1000;
const minuteMs = 60_000;

/** Bounds how many refusals a process records: by caller, and in all. Counts start afresh with each minute. */
export class RefusalLimit {
  private minute = -1;
  private total = 0;
  private counts = new Map<string, number>();

  /**
   * Takes one of the caller's records of this minute; false when they are used up.
   * @param nowMs a monotone clock, such as `performance.now()`.
   */
  take(caller: string, nowMs: number): boolean {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute !== this.minute) {
      this.minute = minute;
      this.total = 0;
      this.counts = new Map();
    }
    const count = this.counts.get(caller) ?? 0;
    if (count >= perCaller || this.total >= perProcess) return false;
    this.counts.set(caller, count + 1);
    this.total += 1;
    return true;
  }
}
