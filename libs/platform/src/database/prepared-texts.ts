import { Injectable } from '@nestjs/common';
import type { Statement } from './prepared.js';

const mostNames = 200;
const mostCounted = 1000;
const usesBeforeName = 2;
/** Longer ones come from searches with dozens of clauses; here and in each connection they would take the room of many. */
const longestNamed = 8000;

/**
 * Gives statements whose text is made at run time a name, so that each connection plans them once. A connection keeps what it has prepared, so
 * there is a bound, and a text that is used once gets no name. Where the bound is reached a new generation of names begins: texts that are in use
 * are soon among them, and each connection drops what it had. A name never stands for a second text.
 */
@Injectable()
export class PreparedTexts {
  private readonly names = new Map<string, string>();
  private readonly uses = new Map<string, number>();
  private generation = 1;

  statement(text: string): Statement {
    const name = text.length > longestNamed ? '' : (this.names.get(text) ?? this.nameFor(text));
    return { name, text, generation: this.generation };
  }

  private nameFor(text: string): string {
    const uses = (this.uses.get(text) ?? 0) + 1;
    if (uses < usesBeforeName) {
      if (this.uses.size === mostCounted) this.uses.clear();
      this.uses.set(text, uses);
      return ''; // what `pg` sends without a name is planned for this one use
    }
    this.uses.delete(text);
    if (this.names.size === mostNames) {
      this.names.clear();
      this.generation += 1;
    }
    const name = `search_${this.generation}_${this.names.size}`;
    this.names.set(text, name);
    return name;
  }
}
