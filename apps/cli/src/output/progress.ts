import { SingleBar } from 'cli-progress';
import { numberText } from './table.js';
import type { Terminal } from './terminal.js';

/** Tells how far long work is: a bar where people watch, else a line now and then. */
export interface Progress {
  update(stage: string, done: number, total: number | null): void;
  /** A line above the bar. */
  line(text: string): void;
  stop(): void;
}

export function progress(terminal: Terminal): Progress {
  return terminal.interactive ? new Bar(terminal) : new Lines(terminal);
}

class Bar implements Progress {
  #bar: SingleBar | null = null;
  #stage = '';

  constructor(private readonly terminal: Terminal) {}

  update(stage: string, done: number, total: number | null): void {
    if (stage !== this.#stage || total === null) this.stop();
    this.#stage = stage;
    if (total === null) {
      this.terminal.err(`  ${stage} ${done > 0 ? numberText(done) : ''}…`.slice(0, this.terminal.columns - 1));
      return;
    }
    if (this.#bar === null) {
      const format = `  {stage} ${this.terminal.style('cyan', '{bar}')} {value}/{total}  {duration_formatted}`;
      this.#bar = new SingleBar({
        format,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 30,
        barCompleteChar: '━',
        barIncompleteChar: '─',
      });
      this.#bar.start(total, done, { stage });
      return;
    }
    this.#bar.setTotal(total);
    this.#bar.update(done, { stage });
  }

  line(text: string): void {
    this.stop();
    this.terminal.err(`  ${text}\n`);
  }

  stop(): void {
    if (this.#stage === '') return;
    this.#bar?.stop();
    this.#bar = null;
    this.#stage = '';
    this.terminal.err('\r\u001b[K');
  }
}

/** For logs and CI: each stage once, then every tenth of it, or every hundred things where nobody knows how many there are. */
class Lines implements Progress {
  #stage = '';
  #tenth = -1;

  constructor(private readonly terminal: Terminal) {}

  update(stage: string, done: number, total: number | null): void {
    const tenth = total === null ? Math.floor(done / 100) : total === 0 ? 0 : Math.floor((10 * done) / total);
    if (stage === this.#stage && tenth === this.#tenth) return;
    this.#stage = stage;
    this.#tenth = tenth;
    const far =
      total === null ? (tenth > 0 ? ` ${numberText(done)}` : '') : ` ${numberText(done)}/${numberText(total)}`;
    this.terminal.err(`  ${stage}${far}\n`);
  }

  line(text: string): void {
    this.terminal.err(`  ${text}\n`);
  }

  stop(): void {
    this.#stage = '';
  }
}
