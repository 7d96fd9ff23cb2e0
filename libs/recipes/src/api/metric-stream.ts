/** A point with the time it was measured at. */
export interface TimedMetric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
  readonly model_id?: string;
}

const largestBatch = 900;

/**
 * Sends metrics in order while the work goes on: what is measured during one call goes out with the next. Points added together
 * always travel together, so a step is either in the history with all its metrics or not at all.
 */
export class MetricStream {
  private waiting: (readonly TimedMetric[])[] = [];
  private sending: Promise<void> | null = null;
  private failure: { readonly error: unknown } | null = null;

  constructor(private readonly send: (metrics: readonly TimedMetric[]) => Promise<void>) {}

  /** @throws what an earlier call failed with: measuring on would be in vain. */
  add(points: readonly TimedMetric[]): void {
    if (this.failure !== null) throw this.failure.error;
    this.waiting.push(points);
    this.sending ??= this.drain();
  }

  /** Waits until everything is sent. */
  async settle(): Promise<void> {
    await this.sending;
    if (this.failure !== null) throw this.failure.error;
  }

  private async drain(): Promise<void> {
    try {
      while (this.waiting.length > 0) await this.send(this.next());
    } catch (error) {
      this.failure = { error };
    } finally {
      this.sending = null;
    }
  }

  private next(): TimedMetric[] {
    const batch: TimedMetric[] = [];
    while (
      this.waiting[0] !== undefined &&
      (batch.length === 0 || batch.length + this.waiting[0].length <= largestBatch)
    ) {
      batch.push(...(this.waiting.shift() ?? []));
    }
    return batch;
  }
}
