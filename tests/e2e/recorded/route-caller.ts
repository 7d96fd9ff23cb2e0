import { type EndpointOptions, EndpointRegistry, pathsOf } from '@assay/platform/http';
import type { INestApplicationContext } from '@nestjs/common';

/** A request of the story, by the route that the router knows it as. */
export interface Call {
  readonly route: `${'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;
  /** Whose token it carries; none for a call without a credential. */
  readonly as?: string;
  /** Values of the path's parameters; `path` for what `*` stands for. */
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string>>;
  /** A JSON body, or the text or bytes of a stream. */
  readonly body?: object | string | Uint8Array;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `Idempotency-Key`: a try that came to nothing must not be remembered by it. */
  readonly key?: string;
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once by the story
export type Answer = any;

/** Whether a story's request is a try, or the one that the story goes on from. */
export type Phase = 'dropped' | 'kept';

/** Tells a story request by request: what comes of each is the probe's concern, the story gets the answer. */
export interface StoryProbe {
  /** Says whose token `as` stands for. */
  signIn(name: string, token: string): void;
  /** @param step one call for all, or each by its phase where the first one uses up what the last needs. */
  send(step: Call | ((phase: Phase) => Call)): Promise<Answer>;
}

export interface Sent {
  readonly status: number;
  readonly text: string;
  readonly auditIds: readonly string[];
}

/** A route as the router names it: what `*` stands for has no name there. */
export function routedName(route: Call['route']): string {
  return route.replace(/\*\w+$/, '*');
}

/** Sends requests by their routes, with the tokens of those who signed in. */
export class RouteCaller {
  /** `METHOD path` of each route that was asked, mirrors included. */
  readonly asked = new Set<string>();
  private readonly tokens = new Map<string, string>();

  constructor(
    private readonly app: INestApplicationContext,
    private readonly url: string,
  ) {}

  signIn(name: string, token: string): void {
    this.tokens.set(name, token);
  }

  /** @param which by the route's own path, or the last of its mirrors, where it has one. */
  async request(call: Call, which: 'first' | 'last'): Promise<Sent> {
    const endpoint = this.endpointOf(call.route);
    const own = call.route.slice(call.route.indexOf(' ') + 1);
    const path = (which === 'first' ? own : pathsOf({ ...endpoint, path: own }).at(-1)) ?? '';
    this.asked.add(`${endpoint.method} ${path}`);
    const { params = {}, body } = call;
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const address = path
      .replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
      .replace('*', () => String(params['path']));
    const token = call.as === undefined ? null : this.tokens.get(call.as);
    if (token === undefined) throw new Error(`${String(call.as)} has no token yet`);
    const answer = await fetch(
      `${this.url}${address}${call.query ? `?${new URLSearchParams(call.query).toString()}` : ''}`,
      {
        method: endpoint.method,
        headers: {
          ...call.headers,
          ...(call.key === undefined ? {} : { 'idempotency-key': call.key }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': call.type ?? (raw ? 'application/octet-stream' : 'application/json') }),
        },
        ...(body === undefined ? {} : { body: raw ? Buffer.from(body) : JSON.stringify(body) }),
      },
    );
    const ids = answer.headers.get('assay-audit-id');
    return { status: answer.status, text: await answer.text(), auditIds: ids === null ? [] : ids.split(', ') };
  }

  endpointOf(route: Call['route']): EndpointOptions {
    const found = this.app
      .get(EndpointRegistry, { strict: false })
      .all()
      .find((endpoint) => pathsOf(endpoint).some((path) => `${endpoint.method} ${path}` === route));
    if (!found) throw new Error(`the router has no ${route}`);
    return found;
  }
}
