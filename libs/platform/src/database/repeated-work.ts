import { Logger } from '@nestjs/common';

/** The first round lets the start pass: it would take connections and time from the first requests. */
const mostBeforeFirstMs = 2_000;

/**
 * Work of the background that is done soon after the start and then again and again, one round at a time. A round that fails is said and left to
 * the next one. It keeps no process alive.
 */
export class RepeatedWork {
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | null = null;

  /** @param name what the log calls it; @param work one round, which answers what is worth a line, or null. */
  constructor(
    name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<string | null>,
  ) {
    this.#logger = new Logger(name);
  }

  start(): void {
    this.#timer = setTimeout(
      () => {
        this.#timer = setInterval(() => this.#begin(), this.everyMs).unref();
        this.#begin();
      },
      Math.min(mostBeforeFirstMs, this.everyMs),
    ).unref();
  }

  /** Ends after the round at hand. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer); // of an interval as well
    await this.#round;
  }

  #begin(): void {
    this.#round ??= this.#once().finally(() => (this.#round = null));
  }

  async #once(): Promise<void> {
    try {
      const said = await this.work();
      if (said !== null) this.#logger.log(said);
    } catch (error) {
      this.#logger.warn(`it failed and will be tried again: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
