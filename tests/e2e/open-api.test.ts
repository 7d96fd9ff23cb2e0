import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EndpointRegistry, pathsOf } from '@assay/platform/http';
import { testDatabase } from '@assay/testing';
import { openApiText } from '../../apps/assay/src/open-api.js';
import { wholePlatform } from './whole-platform.js';

describe('the OpenAPI document', () => {
  const platform = wholePlatform(testDatabase());

  it('is committed as the code says it (npm run gen)', () => {
    expect(readFileSync(new URL('../../docs/openapi/openapi.json', import.meta.url), 'utf8')).toBe(openApiText());
  });

  it('is what the running platform serves, with every endpoint of its router in it', async () => {
    const served: unknown = await (await fetch(`${platform.url}/api/v1/openapi.json`)).json();
    expect(served).toEqual(JSON.parse(openApiText()));
    const documented = Object.keys(JSON.parse(openApiText()).paths);
    const routed = platform.app
      .get(EndpointRegistry, { strict: false })
      .all()
      .flatMap(pathsOf)
      .filter((path) => !path.startsWith('/ajax-api/'));
    expect(routed.length).toBeGreaterThan(50);
    expect(documented.toSorted()).toEqual(
      [
        ...new Set(
          routed.map((path) =>
            path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/\*(\w*)$/, (_, name: string) => `/{${name || 'path'}}`),
          ),
        ),
      ].toSorted(),
    );
  });

  it('refers to nothing that it does not hold', () => {
    const text = openApiText();
    const { components } = JSON.parse(text);
    const referred = [...new Set([...text.matchAll(/"\$ref": "([^"]+)"/g)].map((match) => match[1] ?? ''))];
    expect(referred.length).toBeGreaterThan(50);
    expect(referred.filter((each) => !(each.replace('#/components/schemas/', '') in components.schemas))).toEqual([]);
  });

  it('describes every field of every request and answer', () => {
    const document: Document = JSON.parse(openApiText());
    const undescribed: string[] = [];
    let fields = 0;
    const look = (schema: Schema | undefined, where: string): void => {
      for (const [name, field] of Object.entries(schema?.properties ?? {})) {
        fields += 1;
        if (!field.description && !field.$ref) undescribed.push(`${where}.${name}`);
        look(field, `${where}.${name}`);
      }
      for (const inner of [schema?.items, schema?.additionalProperties])
        if (typeof inner === 'object') look(inner, `${where}[]`);
      for (const each of [...(schema?.anyOf ?? []), ...(schema?.oneOf ?? []), ...(schema?.allOf ?? [])])
        look(each, where);
    };
    for (const [name, schema] of Object.entries(document.components.schemas)) look(schema, name);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const where = `${method} ${path}`;
        for (const { name, schema } of operation.parameters)
          look({ properties: { [name]: schema } }, `${where} parameters`);
        for (const { schema } of Object.values(operation.requestBody?.content ?? {})) look(schema, `${where} body`);
        for (const [status, { content }] of Object.entries(operation.responses))
          for (const { schema } of Object.values(content ?? {})) look(schema, `${where} ${status}`);
      }
    }
    expect(fields).toBeGreaterThan(800);
    expect(undescribed.toSorted()).toEqual([]);
  });
});

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
