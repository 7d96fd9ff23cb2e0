import { z, type ZodType } from 'zod';

export type Json = { [key: string]: unknown };
type Side = 'input' | 'output';

/**
 * Collects the JSON schemas of a document. A schema with an id (`.meta({ id })`) is written once and referred to; where it reads otherwise
 * in answers than in requests (defaults filled in, texts parsed), the answer's is named `…Answer`.
 */
export class OpenApiSchemas {
  private readonly named: Record<Side, Map<string, Json>> = { input: new Map(), output: new Map() };

  /** Makes the named parts of a schema known. Every schema must be added before the first is written. */
  add(schema: ZodType, side: Side): void {
    for (const [name, definition] of Object.entries(parts(schema, side).definitions)) {
      const known = this.named[side].get(name);
      if (known && JSON.stringify(known) !== JSON.stringify(definition))
        throw new Error(`two schemas have the id ${name}`);
      this.named[side].set(name, definition);
    }
  }

  /** A schema, with references to the components of the document. */
  write(schema: ZodType, side: Side): Json {
    return this.pointing(parts(schema, side).root, side);
  }

  /** The fields of an object schema, references followed at the top; null for one of several shapes. */
  fieldsOf(schema: ZodType): { properties: Json; required: string[]; whole: Json } | null {
    const { root, definitions } = parts(schema, 'input');
    const whole = typeof root.$ref === 'string' ? (definitions[nameIn(root.$ref)] ?? root) : root;
    if (typeof whole.properties !== 'object' || whole.properties === null) return null;
    const required = Array.isArray(whole.required) ? whole.required.map(String) : [];
    const written = this.pointing(whole, 'input');
    return { properties: asJson(written.properties), required, whole: written };
  }

  components(): Json {
    const differing = this.differing();
    const inputs = [...this.named.input].map(
      ([name, definition]) => [name, this.pointing(definition, 'input')] as const,
    );
    const outputs = [...this.named.output]
      .filter(([name]) => !this.named.input.has(name) || differing.has(name))
      .map(
        ([name, definition]) => [this.nameOf(name, 'output', differing), this.pointing(definition, 'output')] as const,
      );
    return Object.fromEntries([...inputs, ...outputs].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private pointing(value: Json, side: Side): Json {
    const differing = this.differing();
    return asJson(replaceReferences(value, (name) => `#/components/schemas/${this.nameOf(name, side, differing)}`));
  }

  private nameOf(name: string, side: Side, differing: ReadonlySet<string>): string {
    return side === 'output' && differing.has(name) ? `${name}Answer` : name;
  }

  /** Names that stand for one thing in requests and another in answers, themselves or by what they refer to. */
  private differing(): Set<string> {
    const shared = [...this.named.input.keys()].filter((name) => this.named.output.has(name));
    const found = new Set(
      shared.filter(
        (name) => JSON.stringify(this.named.input.get(name)) !== JSON.stringify(this.named.output.get(name)),
      ),
    );
    for (let before = -1; before !== found.size;) {
      before = found.size;
      for (const name of shared)
        if (referencesOf(this.named.output.get(name)).some((each) => found.has(each))) found.add(name);
    }
    return found;
  }
}

function parts(schema: ZodType, io: Side): { root: Json; definitions: Record<string, Json> } {
  const {
    $schema: _,
    $defs,
    ...root
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12', reused: 'inline' });
  return {
    root,
    definitions: Object.fromEntries(
      Object.entries(asJson($defs)).map(([name, definition]) => [name, asJson(definition)]),
    ),
  };
}

function replaceReferences(value: unknown, address: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => replaceReferences(each, address));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? address(nameIn(inner)) : replaceReferences(inner, address),
    ]),
  );
}

function referencesOf(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map((match) => match[1] ?? '');
}

function nameIn(reference: string): string {
  return reference.replace('#/$defs/', '');
}

export function asJson(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
