import { AuditClient } from '@assay/platform/audit-client';
import { newId } from '@assay/platform/database';
import { type EndpointOptions, EndpointRegistry, pathsOf } from '@assay/platform/http';
import { requestContext } from '@assay/platform/telemetry';
import type { TestDatabase } from '@assay/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { vi } from 'vitest';
import { type RowName, governedRows, readRecords } from '../../faults/unrecorded-rows.js';
import { tableDigests } from '../bad-input/table-digests.js';

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
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once by the story
export type Answer = any;

type Phase = 'dropped' | 'kept';

interface Sent {
  readonly status: number;
  readonly text: string;
  readonly auditIds: readonly string[];
}

/** Sends each request twice, first with its audit records dropped, and notes what is wrong with what came of it. */
export class ChangeProbe {
  /** What must not be, in words. */
  readonly faults: string[] = [];
  /** `METHOD path` of each route that was asked, mirrors included. */
  readonly asked = new Set<string>();
  /** Endpoints that answered with success when nothing was dropped. */
  readonly done = new Set<EndpointOptions>();
  /** Endpoints that changed a governed row when nothing was dropped. */
  readonly changing = new Set<EndpointOptions>();
  readonly auditIds: string[] = [];
  private readonly tokens = new Map<string, string>();
  private dropping = false;

  constructor(
    private readonly database: TestDatabase,
    private readonly app: INestApplicationContext,
    private readonly url: string,
  ) {
    const keep = AuditClient.prototype.record;
    const isDropping = (): boolean => this.dropping;
    vi.spyOn(AuditClient.prototype, 'record').mockImplementation(function record(this: AuditClient, ...given) {
      // Only the request's own records: what the platform does besides goes on.
      return isDropping() && requestContext.getStore() !== undefined
        ? Promise.resolve(newId())
        : keep.apply(this, given);
    });
  }

  /** Says whose token `as` stands for. */
  signIn(name: string, token: string): void {
    this.tokens.set(name, token);
  }

  /**
   * Sends a request with its records dropped, then as it is, and answers what the second one answered.
   * @param step one call for both, or each by its phase where the first one uses up what the second needs.
   */
  async send(step: Call | ((phase: Phase) => Call)): Promise<Answer> {
    const callOf = (phase: Phase): Call => (typeof step === 'function' ? step(phase) : step);
    const before = await this.rows();
    const tables = await tableDigests(this.database);
    this.dropping = true;
    const dropped = await this.request(callOf('dropped'), 'last');
    this.dropping = false;
    const between = await this.rows();
    const call = callOf('kept');
    for (const row of changed(before, between))
      this.faults.push(`${call.route}: changed ${row} though its record was dropped`);
    if (dropped.status >= 400) {
      const after = await tableDigests(this.database);
      for (const table of Object.keys(after).filter((name) => after[name] !== tables[name]))
        this.faults.push(`${call.route}: refused, but changed ${table}`);
    }
    const kept = await this.request(call, 'first');
    const endpoint = this.endpointOf(call.route);
    if (kept.status >= 200 && kept.status < 300) this.done.add(endpoint);
    else throw new Error(`${call.route}: ${kept.status} ${kept.text}`);
    await this.judge(call, dropped, kept, changed(between, await this.rows()));
    return kept.text.startsWith('{') ? JSON.parse(kept.text) : kept.text;
  }

  private async judge(call: Call, dropped: Sent, kept: Sent, rows: readonly RowName[]): Promise<void> {
    this.auditIds.push(...kept.auditIds);
    if (rows.length === 0) return;
    this.changing.add(this.endpointOf(call.route));
    // The trigger's refusal is a fault of the server; any other answer would be about something else than the record.
    if (dropped.status !== 500)
      this.faults.push(`${call.route}: answered ${dropped.status} though its record was dropped: ${dropped.text}`);
    if (kept.auditIds.length === 0) this.faults.push(`${call.route}: changed ${rows.join(', ')} and names no record`);
    const records = await readRecords(this.database.query);
    const named = new Set(kept.auditIds.flatMap((id) => records.covers.get(id) ?? []));
    for (const row of rows.filter((one) => !named.has(one)))
      this.faults.push(`${call.route}: no record of its answer names ${row}`);
  }

  private async rows(): Promise<Map<RowName, string>> {
    return governedRows(this.database.query);
  }

  /** The dropped one goes by an endpoint's last path, the kept one by its first: so mirrors are asked as well. */
  private async request(call: Call, which: 'first' | 'last'): Promise<Sent> {
    const endpoint = this.endpointOf(call.route);
    const path = (which === 'first' ? pathsOf(endpoint)[0] : pathsOf(endpoint).at(-1)) ?? '';
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

  private endpointOf(route: Call['route']): EndpointOptions {
    const found = this.app
      .get(EndpointRegistry, { strict: false })
      .all()
      .find((endpoint) => pathsOf(endpoint).some((path) => `${endpoint.method} ${path}` === route));
    if (!found) throw new Error(`the router has no ${route}`);
    return found;
  }
}

function changed(before: ReadonlyMap<RowName, string>, after: ReadonlyMap<RowName, string>): RowName[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((row) => before.get(row) !== after.get(row));
}
