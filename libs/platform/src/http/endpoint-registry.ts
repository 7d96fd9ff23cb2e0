import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type EndpointOptions, endpointOf, pathsOf } from './endpoint.js';

/** Every endpoint of the running process, read off its controllers. A handler that says nothing of who may call it stops the boot. */
@Injectable()
export class EndpointRegistry implements OnModuleInit {
  private routes: { endpoint: EndpointOptions; pattern: RegExp }[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const endpoints = this.discovery.getControllers().flatMap(({ metatype }) => {
      const prototype: object | undefined = metatype?.prototype;
      if (!prototype) return [];
      return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler: unknown = Reflect.get(prototype, name);
        if (typeof handler !== 'function') return [];
        const endpoint = endpointOf(handler);
        if (endpoint === null && Reflect.hasMetadata(PATH_METADATA, handler))
          throw new Error(
            `${metatype?.name ?? ''}.${name} is routed but declares no permission: declare it with @Endpoint. Nothing is served until it does.`,
          );
        return endpoint ? [endpoint] : [];
      });
    });
    this.routes = endpoints.flatMap((endpoint) =>
      pathsOf(endpoint).map((path) => ({ endpoint, pattern: patternOf(path) })),
    );
  }

  all(): EndpointOptions[] {
    return [...new Set(this.routes.map(({ endpoint }) => endpoint))];
  }

  /** Methods that some endpoint answers to at a path. */
  methodsOf(path: string): string[] {
    return [
      ...new Set(this.routes.filter(({ pattern }) => pattern.test(path)).map(({ endpoint }) => endpoint.method)),
    ].toSorted();
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/:[A-Za-z]\w*/g, '[^/]+')
    .replace(/\*\w*$/, '.*');
  return new RegExp(`^${source}$`);
}
