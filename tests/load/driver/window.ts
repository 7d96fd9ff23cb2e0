import { isPattern, patternParts } from './artifact-pattern.js';
import { type Answer, HttpConnection } from './http-connection.js';
import type { KeptAnswer, Outcome, Plan, PlannedCall } from './plan.js';
import { type Rendered, fillGaps, render, setCounters } from './template.js';

/** A call that is ready to go out. */
interface ReadyCall {
  head: (path: Buffer) => Buffer;
  path: Rendered;
  body: Rendered | null;
  upload: Buffer[];
  downloadBytes: number | null;
  then: { take: RegExp; call: ReadyCall } | null;
  follow: { take: RegExp; downloadBytes: number } | null;
  host: string;
  port: number;
}

const mostDistinct = 16;

/** Why a call came to nothing. */
interface Failure {
  /** As in `Outcome.failureKinds`. */
  readonly kind: string;
  readonly text: string;
}

/** Runs one window: warm-up, then the measured part, then whatever is still under way. */
export class Window {
  private readonly latencies: number[] = [];
  private readonly perClient: number[];
  private readonly distinct = new Map<number, Buffer[]>();
  private readonly answers: KeptAnswer[] = [];
  private readonly failureTexts: string[] = [];
  private readonly failureKinds: Record<string, number> = {};
  private failures = 0;
  /** Of the calls that were under way when the window opened: the parts of them that fell into it, summed. */
  private shares = 0;
  private nextOnce = 0;
  private openedAt = Number.POSITIVE_INFINITY;
  private endsAt = Number.POSITIVE_INFINITY;
  private cpuAtOpening = process.cpuUsage();

  constructor(private readonly plan: Plan) {
    this.perClient = Array.from({ length: plan.clients }, () => 0);
  }

  async run(opened: () => void): Promise<Outcome> {
    const { plan } = this;
    const warmUp = setTimeout(() => {
      this.cpuAtOpening = process.cpuUsage();
      this.openedAt = performance.now();
      this.endsAt = this.openedAt + plan.seconds * 1000;
      opened();
    }, plan.warmUpSeconds * 1000);
    if (plan.share === 'once' && plan.warmUpSeconds === 0) {
      this.openedAt = performance.now();
      clearTimeout(warmUp);
      opened();
    }
    const shared = plan.share === 'own' ? [] : plan.calls.map(readyCall(plan.url));
    await Promise.all(this.perClient.map((_, client) => this.client(client, shared)));
    const ended = performance.now();
    clearTimeout(warmUp);
    const cpu = process.cpuUsage(this.cpuAtOpening);
    this.latencies.sort((a, b) => a - b);
    return {
      calls: this.latencies.length + this.shares,
      seconds: (ended - Math.min(this.openedAt, ended)) / 1000,
      latency: { p50: this.rank(0.5), p95: this.rank(0.95), p99: this.rank(0.99), max: this.rank(1) },
      perClient: this.perClient,
      failures: this.failures,
      failureTexts: this.failureTexts,
      failureKinds: this.failureKinds,
      answers: [
        ...this.answers,
        ...[...this.distinct].flatMap(([call, bodies]) => bodies.map((body) => ({ call, text: body.toString() }))),
      ],
      driverCpuMs: (cpu.user + cpu.system) / 1000,
    };
  }

  private async client(client: number, shared: ReadyCall[]): Promise<void> {
    const { plan } = this;
    const own = plan.calls[client];
    // Bodies with counters are changed in place, so clients that share a plan need the same bytes only for calls without any.
    const ready = plan.share === 'own' && own ? [readyCall(plan.url)(own)] : shared;
    const connections = new Map<string, HttpConnection>();
    let inWindow = 0;
    for (let number = 0; ; number += 1) {
      if (plan.share === 'once') {
        if (this.nextOnce >= ready.length) break;
      } else if (performance.now() >= this.endsAt && inWindow >= plan.leastCalls) break;
      const index =
        plan.share === 'once'
          ? this.nextOnce++
          : (number + Math.floor((client * ready.length) / plan.clients)) % ready.length;
      const call = ready[index];
      if (!call) break;
      const connection = connectionTo(connections, call);
      const began = performance.now();
      const failure = await this.once(connections, call, plan.share === 'own' ? client : index, number);
      const ended = performance.now();
      if (plan.freshConnections) connection.close();
      if (failure === null) this.perClient[client] = (this.perClient[client] ?? 0) + 1;
      else {
        this.note(failure);
        if (this.failures > 20 * plan.clients) break;
        for (const each of connections.values()) each.close();
        connections.clear();
      }
      if (began >= this.openedAt) {
        inWindow += 1;
        if (failure === null) this.latencies.push(ended - began);
      } else if (failure === null && ended > this.openedAt) {
        this.shares += (ended - this.openedAt) / (ended - began);
      }
      // Counters say which calls were answered; after a lost one nobody could tell any more.
      if (failure !== null && plan.share === 'own') break;
    }
    for (const connection of connections.values()) connection.close();
  }

  /** Makes one call; why it is no good answer, or null. */
  private async once(
    connections: Map<string, HttpConnection>,
    call: ReadyCall,
    index: number,
    number: number,
  ): Promise<Failure | null> {
    if (call.body) setCounters(call.body, number);
    setCounters(call.path, number);
    const parts = [call.head(call.path.bytes)];
    if (call.body) parts.push(call.body.bytes);
    let wrong = false;
    let received = 0;
    let answer: Answer;
    try {
      answer = await connectionTo(connections, call).ask(
        [...parts, ...call.upload],
        call.downloadBytes === null
          ? undefined
          : (piece, offset) => {
              received += piece.length;
              wrong ||= !isPattern(piece, offset);
            },
      );
    } catch (error) {
      return { kind: 'no answer', text: error instanceof Error ? error.message : String(error) };
    }
    if (answer.status < 200 || answer.status > 299)
      return { kind: String(answer.status), text: `${answer.status} ${answer.body.toString('utf8', 0, 400)}` };
    if (call.downloadBytes !== null && (wrong || received !== call.downloadBytes))
      return wrongAnswer(
        `${received} bytes came down${wrong ? ', and not those that went up' : ''}; ${call.downloadBytes} were expected`,
      );
    if (call.then) {
      const taken = call.then.take.exec(answer.body.toString('latin1'))?.[1];
      if (taken === undefined)
        return wrongAnswer(`nothing like ${call.then.take.source} in ${answer.body.toString('utf8', 0, 200)}`);
      if (call.then.call.body) fillGaps(call.then.call.body, taken);
      const failure = await this.once(connections, call.then.call, index, number);
      if (failure !== null) return failure;
    }
    if (call.follow) {
      const taken = call.follow.take.exec(answer.body.toString())?.[1];
      if (taken === undefined)
        return wrongAnswer(`nothing like ${call.follow.take.source} in ${answer.body.toString('utf8', 0, 200)}`);
      const path: string = JSON.parse(`"${taken}"`);
      const { downloadBytes } = call.follow;
      return this.once(connections, readyCall('')({ method: 'GET', path, downloadBytes }), index, number);
    }
    return this.keep(index, answer.body);
  }

  private keep(call: number, body: Buffer): Failure | null {
    if (this.plan.keep === 'none') return null;
    if (this.plan.keep === 'all') {
      this.answers.push({ call, text: body.toString() });
      return null;
    }
    const known = this.distinct.get(call) ?? [];
    if (known.some((each) => each.equals(body))) return null;
    known.push(Buffer.from(body));
    this.distinct.set(call, known);
    return known.length > mostDistinct
      ? wrongAnswer(`more than ${mostDistinct} different answers to the same question`)
      : null;
  }

  private note({ kind, text }: Failure): void {
    this.failures += 1;
    this.failureKinds[kind] = (this.failureKinds[kind] ?? 0) + 1;
    if (this.failureTexts.length < 5) this.failureTexts.push(text);
  }

  private rank(part: number): number {
    return this.latencies[Math.max(0, Math.ceil(part * this.latencies.length) - 1)] ?? Number.NaN;
  }
}

function wrongAnswer(text: string): Failure {
  return { kind: 'wrong', text };
}

function connectionTo(connections: Map<string, HttpConnection>, { host, port }: ReadyCall): HttpConnection {
  const place = `${host}:${port}`;
  const known = connections.get(place) ?? new HttpConnection(host, port);
  connections.set(place, known);
  return known;
}

function readyCall(base: string): (call: PlannedCall) => ReadyCall {
  return (call) => {
    const path = render(call.path);
    const text = path.bytes.toString();
    const url = new URL(text.startsWith('http') ? text : base + text);
    const wholeUrl = text.startsWith('http');
    if (wholeUrl && path.counters.length > 0) throw new Error('a call to another place takes no counters in its URL');
    const body = call.body === undefined ? null : render(call.body);
    const upload = call.uploadBytes === undefined ? [] : patternParts(call.uploadBytes);
    const length = call.uploadBytes ?? body?.bytes.length ?? 0;
    const headers = [
      `host: ${url.host}`,
      ...(call.method === 'GET'
        ? []
        : [`content-length: ${length}`, `content-type: ${call.contentType ?? 'application/json'}`]),
      ...Object.entries(call.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ];
    const before = Buffer.from(`${call.method} `);
    const after = Buffer.from(` HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    const sent = wholeUrl ? Buffer.from(url.pathname + url.search) : null;
    const fixed = path.counters.length === 0 ? Buffer.concat([before, sent ?? path.bytes, after]) : null;
    return {
      head: (bytes) => fixed ?? Buffer.concat([before, bytes, after]),
      path,
      body,
      upload,
      downloadBytes: call.downloadBytes ?? null,
      then: call.then ? { take: new RegExp(call.then.take), call: readyCall(base)(call.then.call) } : null,
      follow: call.follow ? { ...call.follow, take: new RegExp(call.follow.take) } : null,
      host: url.hostname,
      port: Number(url.port),
    };
  };
}
