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
    const served = await (await fetch(`${platform.url}/api/v1/openapi.json`)).json();
    expect(served).toEqual(JSON.parse(openApiText()));
    const documented = Object.keys(served.paths);
    const routed = platform.app.get(EndpointRegistry, { strict: false }).all().flatMap(pathsOf).filter((path) => !path.startsWith('/ajax-api/'));
    expect(routed.length).toBeGreaterThan(50);
    expect(documented.toSorted()).toEqual([...new Set(routed.map((path) => path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/\*(\w*)$/, (_, name: string) => `/{${name || 'path'}}`)))].toSorted());
  });

  it('describes every field of every request and answer', () => {
    const undescribed: string[] = [];
    const document: { paths: Record<string, Record<string, { parameters?: { name: string; in: string; schema?: { description?: string } }[] }>> } = JSON.parse(openApiText());
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        for (const parameter of operation.parameters ?? []) if (!parameter.schema?.description) undescribed.push(`${method} ${path}: ${parameter.name}`);
      }
    }
    expect(undescribed).toEqual([]);
  });
});
