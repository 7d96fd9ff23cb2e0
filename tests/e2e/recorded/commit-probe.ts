import type { EndpointOptions } from '@assay/platform/http';
import type { INestApplicationContext } from '@nestjs/common';
import { type Answer, type Call, type Phase, RouteCaller, type StoryProbe } from './route-caller.js';

/** Sends each request once and notes those that were answered with a failure. */
export class CommitProbe implements StoryProbe {
  readonly failures: string[] = [];
  readonly done = new Set<EndpointOptions>();
  private readonly caller: RouteCaller;

  constructor(app: INestApplicationContext, url: string) {
    this.caller = new RouteCaller(app, url);
  }

  signIn(name: string, token: string): void {
    this.caller.signIn(name, token);
  }

  async send(step: Call | ((phase: Phase) => Call)): Promise<Answer> {
    const call = typeof step === 'function' ? step('kept') : step;
    const { status, text } = await this.caller.request(call, 'first');
    if (status >= 500) this.failures.push(`${call.route}: ${status} ${text}`);
    if (status >= 300) throw new Error(`${this.failures.join('\n')}\n${call.route}: ${status} ${text}`);
    this.done.add(this.caller.endpointOf(call.route));
    return text.startsWith('{') ? JSON.parse(text) : text;
  }
}
