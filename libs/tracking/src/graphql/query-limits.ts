import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql';

/** As MLflow's server has them. */
export const queryLimits = { depth: 10, selections: 1000, rootFields: 10, aliases: 10 } as const;

type Fragments = ReadonlyMap<string, SelectionSetNode>;

/**
 * Why a document asks for too much, or null. It is asked before the document is validated, so fragments may be missing or name themselves:
 * each is entered once per level, and the selections are counted as they are met. A fragment that no operation comes to, or that another of
 * its name hides, would be counted by nobody, and validating it takes time with the square of its length: it is an error anyway, told here.
 */
export function problemOf(document: DocumentNode): string | null {
  const fragments = new Map<string, SelectionSetNode>();
  for (const each of document.definitions) {
    if (each.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const name = each.name.value;
    if (fragments.has(name)) return `There can be only one fragment named "${name}".`;
    fragments.set(name, each.selectionSet);
  }
  const reached = new Set<string>();
  let rootFields = 0;
  let aliases = 0;
  let selections = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const open = [{ set: definition.selectionSet, depth: 1 }];
    for (let level = open.pop(); level !== undefined; level = open.pop()) {
      if (level.depth > queryLimits.depth) return `Query exceeds maximum depth of ${queryLimits.depth}`;
      const fields = fieldsOf(level.set, fragments, reached);
      if (level.depth === 1) rootFields += fields.length;
      aliases = Math.max(aliases, fields.filter(({ alias }) => alias !== undefined).length);
      selections += fields.length;
      if (selections > queryLimits.selections)
        return `Query exceeds maximum total selections of ${queryLimits.selections}`;
      for (const { selectionSet } of fields)
        if (selectionSet !== undefined) open.push({ set: selectionSet, depth: level.depth + 1 });
    }
  }
  if (rootFields > queryLimits.rootFields) return tooMany('root fields', queryLimits.rootFields, rootFields);
  if (aliases > queryLimits.aliases) return tooMany('aliases', queryLimits.aliases, aliases);
  const unused = [...fragments.keys()].find((name) => !reached.has(name));
  return unused === undefined ? null : `Fragment "${unused}" is never used.`;
}

/** Fields of one level, those of its fragments among them. Adds to `reached` the names of fragments. */
function fieldsOf(set: SelectionSetNode, fragments: Fragments, reached: Set<string>): FieldNode[] {
  const fields: FieldNode[] = [];
  const entered = new Set<string>();
  const open = [set];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const selection of next.selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) open.push(selection.selectionSet);
      else if (!entered.has(selection.name.value)) {
        entered.add(selection.name.value);
        reached.add(selection.name.value);
        const named = fragments.get(selection.name.value);
        if (named !== undefined) open.push(named);
      }
    }
  }
  return fields;
}

function tooMany(what: string, most: number, got: number): string {
  return `GraphQL queries should have at most ${most} ${what}, got ${got} ${what}.`;
}
