import type { INestApplicationContext } from '@nestjs/common';
import type { CommitFuse } from './commit-fuse.js';
import {
  type Answer,
  type Call,
  type Phase,
  RouteCaller,
  routedName,
  type Sent,
  type StoryProbe,
} from './route-caller.js';

/** Sends each request and notes those that were answered with a failure; like a client it then sends them again. */
export class CommitProbe implements StoryProbe {
  readonly failures: string[] = [];
  readonly done = new Set<string>();
  private readonly caller: RouteCaller;

  constructor(
    app: INestApplicationContext,
    url: string,
    private readonly fuse: CommitFuse,
  ) {
    this.caller = new RouteCaller(app, url);
  }

  signIn(name: string, token: string): void {
    this.caller.signIn(name, token);
  }

  async send(step: Call | ((phase: Phase) => Call)): Promise<Answer> {
    const call = typeof step === 'function' ? step('kept') : step;
    const first = await this.caller.request(call, 'first');
    if (first.status >= 500) this.failures.push(`${call.route}: ${first.status} ${first.text}`);
    const { status, text } = first.status >= 500 ? await this.again(call) : first;
    if (status >= 300) throw new Error(`${this.failures.join('\n')}\n${call.route}: ${status} ${text}`);
    this.done.add(routedName(call.route));
    return text.startsWith('{') ? JSON.parse(text) : text;
  }

  private async again(call: Call): Promise<Sent> {
    this.fuse.armed = false;
    const sent = await this.caller.request(call, 'first');
    this.fuse.armed = true;
    return sent;
  }
}
