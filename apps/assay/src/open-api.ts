import { readConfig } from '@assay/platform/config';
import { type EndpointOptions, buildOpenApi, endpointOf } from '@assay/platform/http';
import { createLogger } from '@assay/platform/telemetry';
import { AssayModule } from './app.module.js';

/** The OpenAPI document of the whole platform as JSON text, read off its modules: nothing is started and no database is needed. */
export function openApiText(): string {
  const nowhere = 'postgres://nobody@127.0.0.1:1/none';
  const root = AssayModule.with(readConfig({}), createLogger('silent', 'open-api'), {
    registry: nowhere,
    runner: nowhere,
    drift: nowhere,
    audit: nowhere,
  });
  const endpoints = [...controllersUnder(root, new Set())].flatMap(endpointsOf);
  return `${JSON.stringify(buildOpenApi(endpoints), null, 2)}\n`;
}

/** Every controller of a module and of what it imports; modules are classes, or objects that name one. */
function* controllersUnder(module: unknown, seen: Set<unknown>): Generator<object> {
  if (seen.has(module) || module === null || (typeof module !== 'object' && typeof module !== 'function')) return;
  seen.add(module);
  for (const source of typeof module === 'object'
    ? [membersOf(module), decorated(Reflect.get(module, 'module'))]
    : [decorated(module)]) {
    for (const controller of source.controllers) {
      if (typeof controller === 'function' && !seen.has(controller)) {
        seen.add(controller);
        yield controller;
      }
    }
    for (const imported of source.imports) yield* controllersUnder(imported, seen);
  }
}

interface Parts {
  controllers: readonly unknown[];
  imports: readonly unknown[];
}

function membersOf(module: object): Parts {
  return { controllers: listOf(Reflect.get(module, 'controllers')), imports: listOf(Reflect.get(module, 'imports')) };
}

function decorated(target: unknown): Parts {
  if (typeof target !== 'function') return { controllers: [], imports: [] };
  return {
    controllers: listOf(Reflect.getMetadata('controllers', target)),
    imports: listOf(Reflect.getMetadata('imports', target)),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function endpointsOf(controller: object): EndpointOptions[] {
  const prototype: unknown = Reflect.get(controller, 'prototype');
  if (typeof prototype !== 'object' || prototype === null) return [];
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler: unknown = Reflect.get(prototype, name);
    const endpoint = typeof handler === 'function' && name !== 'constructor' ? endpointOf(handler) : null;
    return endpoint ? [endpoint] : [];
  });
}
