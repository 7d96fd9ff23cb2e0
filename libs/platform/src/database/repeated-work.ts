import { Logger } from '@nestjs/common';

/**
 * Work of the background that is done at the start and then again and again, one round at a time. A round that fails is said and left to the
 * next one. It keeps no process alive.
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
    this.#begin();
    this.#timer = setInterval(() => this.#begin(), this.everyMs).unref();
  }

  /** Ends after the round at hand. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
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
