import { type EndpointOptions, EndpointRegistry, pathsOf } from '@assay/platform/http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** An endpoint at one of its paths, as `METHOD path`. */
export type Route = `${EndpointOptions['method']} ${string}`;

/** `METHOD path` of an endpoint, at each path that it answers on, as the router knows it: a `*` has no name there. */
export function routesOf(endpoint: EndpointOptions): Route[] {
  return pathsOf(endpoint).map((path) => routeOf(endpoint.method, path));
}

/** `METHOD path` of each path that an endpoint declares, its mirrors left out. */
export function declaredRoutesOf(endpoint: EndpointOptions): Route[] {
  const paths = typeof endpoint.path === 'string' ? [endpoint.path] : endpoint.path;
  return paths.map((path) => routeOf(endpoint.method, path));
}

/** As the router names it. */
function routeOf(method: EndpointOptions['method'], path: string): Route {
  return `${method} ${path.replace(/\*\w+$/, '*')}`;
}

/** A declared path as the OpenAPI document names it; it leaves mirrors out. */
export function documentedPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}').replace(/\/\*(\w*)$/, (_, name: string) => `/{${name || 'path'}}`);
}

/** Every endpoint that is declared. */
export function endpointsOf(app: NestFastifyApplication): EndpointOptions[] {
  return app.get(EndpointRegistry, { strict: false }).all();
}

/** Whether a method, or a route by its method, says that it may change something. */
export function mayChange(route: string): boolean {
  return !/^(?:GET|HEAD)\b/.test(route);
}

/**
 * What the server's own router answers to, read off its tree: also what no declaration stands behind. The tree cuts `/log/tile/*` and
 * `/log/tile/entries/*` down to one `*`; a name that the router itself doesn't know is replaced by the declared routes that it may stand for.
 */
export function routerRoutes(app: NestFastifyApplication): string[] {
  const router = app.getHttpAdapter().getInstance();
  const declared = endpointsOf(app).flatMap(routesOf);
  return printedRoutes(router.printRoutes({ commonPrefix: false })).flatMap((route) => {
    const [method = '', url = ''] = route.split(' ');
    if (router.hasRoute({ method, url })) return [route];
    const meant = declared.filter((one) => one.startsWith(method.replace('HEAD', 'GET')) && one.endsWith(url));
    return meant.length > 0 ? meant : [route];
  });
}

function printedRoutes(tree: string): string[] {
  const path: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', name = ''] = /^([\s│]*)[├└]── (.*)$/.exec(line) ?? [];
    if (name === '') return [];
    const [, segment = name, methods = ''] = /^(.*?)(?: \(([A-Z, ]+)\))?$/.exec(name) ?? [];
    path.length = indent.length / 4;
    path.push(segment);
    // The tree leaves out the slash before a wildcard that has a branch of its own.
    const whole = path.join('').replace(/([^/])\*$/, '$1/*');
    return methods
      .split(', ')
      .filter(Boolean)
      .map((method) => `${method} ${whole}`);
  });
}
