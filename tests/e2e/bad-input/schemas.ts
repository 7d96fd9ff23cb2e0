/** The part of JSON Schema that the platform's OpenAPI document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly default?: unknown;
}

export interface Operation {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Makes requests that fit a schema, and the values that can't. */
export class Samples {
  constructor(
    private readonly document: Document,
    private readonly known: Readonly<Record<string, readonly unknown[]>>,
  ) {}

  resolve(schema: Schema): Schema {
    const found =
      schema.$ref === undefined
        ? undefined
        : this.document.components.schemas[schema.$ref.replace('#/components/schemas/', '')];
    return found ? this.resolve(found) : schema;
  }

  /** The fields that a JSON body may hold: of one of several shapes, those of the first. */
  fields(schema: Schema): { readonly name: string; readonly schema: Schema; readonly required: boolean }[] {
    const whole = this.resolve(schema);
    const shape = whole.properties
      ? whole
      : (whole.oneOf ?? whole.anyOf ?? []).map((each) => this.resolve(each)).find((each) => each.properties);
    return Object.entries(shape?.properties ?? {}).map(([name, each]) => ({
      name,
      schema: each,
      required: shape?.required?.includes(name) ?? false,
    }));
  }

  /** A body with every required field filled in. */
  body(schema: Schema): Record<string, unknown> {
    return Object.fromEntries(
      this.fields(schema)
        .filter(({ required }) => required)
        .map(({ name, schema: each }) => [name, this.value(each, name)]),
    );
  }

  value(given: Schema, name: string): unknown {
    const schema = this.resolve(given);
    const known = this.known[name]?.[0];
    if (known !== undefined && kinds(schema, this).has(typeof known)) return known;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (alternatives?.[0]) return this.value(alternatives[0], name);
    const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
    if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
    if (type === 'boolean') return false;
    if (type === 'array') return schema.items ? [this.value(schema.items, name)] : [];
    return type === 'object' ? this.body(schema) : 'a';
  }

  /** Values of a type that a field does not take. A list or a map for a scalar, a scalar for a list or a map: no reading makes them fit. */
  wrong(given: Schema): unknown[] {
    const taken = kinds(this.resolve(given), this);
    if (taken.has('any')) return [];
    const scalar = ['string', 'number', 'boolean'].some((kind) => taken.has(kind));
    return [
      ...(taken.has('object') ? [] : [{ unexpected: [1] }]),
      ...(taken.has('array') ? [] : [[['unexpected']]]),
      ...(scalar ? [] : ['unexpected', 7, true]),
    ];
  }
}

/** Kinds of JSON value that a schema takes; `any` where it says nothing. */
function kinds(schema: Schema, samples: Samples): Set<string> {
  const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (alternatives) return new Set(alternatives.flatMap((each) => [...kinds(samples.resolve(each), samples)]));
  if (schema.const !== undefined) return new Set([typeof schema.const]);
  if (schema.enum) return new Set(schema.enum.map((each) => typeof each));
  if (schema.type === undefined) return new Set(['any']);
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  return new Set(types.map((type) => (type === 'integer' ? 'number' : type)));
}
