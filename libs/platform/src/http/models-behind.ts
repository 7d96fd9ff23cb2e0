import { Injectable } from '@nestjs/common';

/** Names of the registered models that a thing is about; none where there is no such thing, or where it is about no model. */
export type ModelLookup = (workspace: string, id: string) => Promise<readonly string[]>;

/** Which registered models stand behind things that requests name by an id: each feature says it of its own. */
@Injectable()
export class ModelsBehind {
  private readonly lookups = new Map<string, ModelLookup>();

  add(kind: string, lookup: ModelLookup): void {
    this.lookups.set(kind, lookup);
  }

  async namesOf(kind: string, workspace: string, id: string): Promise<readonly string[]> {
    const lookup = this.lookups.get(kind);
    if (lookup === undefined) throw new Error(`nobody knows which models stand behind a ${kind}`);
    return lookup(workspace, id);
  }
}
