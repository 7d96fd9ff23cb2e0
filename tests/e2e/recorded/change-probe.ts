import type { TestDatabase } from '@assay/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { vi } from 'vitest';
import { type RowName, governedRows, readRecords } from '../../faults/unrecorded-rows.js';
import { tableDigests } from '../bad-input/table-digests.js';
import { RecordDropper, type Wanted, needed } from './record-dropper.js';
import {
  type Answer,
  type Call,
  type Phase,
  RouteCaller,
  routedName,
  type Sent,
  type StoryProbe,
} from './route-caller.js';

/** Sends each request first with its audit records dropped, then as it is, and notes what is wrong with what came of it. */
export class ChangeProbe implements StoryProbe {
  /** What must not be, in words. */
  readonly faults: string[] = [];
  /** `METHOD path` of what answered with success when nothing was dropped. */
  readonly done = new Set<string>();
  /** `METHOD path` of what changed a governed row when nothing was dropped. */
  readonly changing = new Set<string>();
  /** Records that a request had beside others, each dropped alone. */
  droppedAlone = 0;
  readonly auditIds: string[] = [];
  private readonly dropper = new RecordDropper();
  private readonly caller: RouteCaller;

  constructor(
    private readonly database: TestDatabase,
    app: INestApplicationContext,
    url: string,
  ) {
    this.caller = new RouteCaller(app, url);
  }

  /** `METHOD path` of each route that was asked, mirrors included. */
  get asked(): ReadonlySet<string> {
    return this.caller.asked;
  }

  signIn(name: string, token: string): void {
    this.caller.signIn(name, token);
  }

  /**
   * Sends a request with all its records dropped, then with each of several dropped alone, then as it is, and answers what the last one answered.
   * The dropped one goes by an endpoint's last path, the kept one by its first: so mirrors are asked as well.
   */
  async send(step: Call | ((phase: Phase) => Call)): Promise<Answer> {
    const callOf = (phase: Phase): Call => (typeof step === 'function' ? step(phase) : step);
    const call = callOf('kept');
    const before = await this.rows();
    const { sent: dropped, wanted } = await this.drop(callOf('dropped'), 'all', before);
    for (const place of needed(wanted)) {
      this.droppedAlone += 1;
      const { sent } = await this.drop(callOf('dropped'), place, before);
      if (sent.status !== 500)
        this.faults.push(`${call.route}: answered ${sent.status} without its record ${place + 1} of ${wanted.length}`);
    }
    const kept = await this.caller.request(call, 'first');
    if (kept.status >= 200 && kept.status < 300) this.done.add(routedName(call.route));
    else throw new Error(`${call.route}: ${kept.status} ${kept.text}`);
    await this.judge(call, dropped, kept, changed(before, await this.rows()));
    return kept.text.startsWith('{') ? JSON.parse(kept.text) : kept.text;
  }

  /** Sends a request with records dropped, and looks for what it changed all the same. */
  private async drop(
    call: Call,
    which: 'all' | number,
    before: ReadonlyMap<RowName, string>,
  ): Promise<{ sent: Sent; wanted: Wanted }> {
    await this.settled();
    const tables = await tableDigests(this.database);
    const { result: sent, wanted } = await this.dropper.during(which, () => this.caller.request(call, 'last'));
    const what = which === 'all' ? 'its records were' : `its record ${which + 1} of ${wanted.length} was`;
    for (const row of changed(before, await this.rows()))
      this.faults.push(`${call.route}: changed ${row} though ${what} dropped`);
    if (sent.status < 400) return { sent, wanted };
    const after = await tableDigests(this.database);
    for (const table of Object.keys(after).filter((name) => after[name] !== tables[name]))
      this.faults.push(`${call.route}: refused, but changed ${table}`);
    return { sent, wanted };
  }

  private async judge(call: Call, dropped: Sent, kept: Sent, rows: readonly RowName[]): Promise<void> {
    this.auditIds.push(...kept.auditIds);
    if (rows.length === 0) return;
    this.changing.add(routedName(call.route));
    // The trigger's refusal is a fault of the server; any other answer would be about something else than the record.
    if (dropped.status !== 500)
      this.faults.push(`${call.route}: answered ${dropped.status} though its records were dropped: ${dropped.text}`);
    if (kept.auditIds.length === 0) this.faults.push(`${call.route}: changed ${rows.join(', ')} and names no record`);
    const records = await readRecords(this.database.query);
    const named = new Set(kept.auditIds.flatMap((id) => records.covers.get(id) ?? []));
    for (const row of rows.filter((one) => !named.has(one)))
      this.faults.push(`${call.route}: no record of its answer names ${row}`);
  }

  /** What was logged reaches the tables that searches read a moment later: that is no change of the next request. */
  private async settled(): Promise<void> {
    const settled = async (): Promise<void> => {
      const pending = await this.database.query('select from tracking.metric_pending limit 1');
      if (pending.length > 0) throw new Error('values are pending');
    };
    await vi.waitFor(settled, { timeout: 60_000 });
  }

  private async rows(): Promise<Map<RowName, string>> {
    return governedRows(this.database.query);
  }
}

function changed(before: ReadonlyMap<RowName, string>, after: ReadonlyMap<RowName, string>): RowName[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((row) => before.get(row) !== after.get(row));
}
