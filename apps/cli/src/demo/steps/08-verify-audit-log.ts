import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditKeysResponse, auditRecord, searchAuditRecordsResponse } from '@assay/contracts';
import { z } from 'zod';
import { verifyAudit } from '../../audit-verify.js';
import { writeBody } from '../../commands/audit.js';
import { BrokenStory, type Demo, type Step, textFact } from '../demo.js';
import { waitFor } from '../find-or-make.js';

export const verifyAuditLog: Step = {
  id: 'verify-audit-log',
  title: 'The audit log is verified offline; a changed record is named',
  run: async (demo) => {
    const admin = demo.as('admin');
    const approval = await approvalRecord(demo);
    const { keys } = await admin.get('/api/v1/audit/keys', auditKeysResponse);
    const trusted = keys.map(({ verifierKey }) => verifierKey);
    const file = join(demo.dataDir, `audit-${demo.state.telling}.jsonl`);
    const bytes = await writeBody(demo.context, await admin.send('GET', '/api/v1/audit/export'), file);
    const report = await verifyAudit(file, { keys: trusted });
    demo.holds(
      report.ok && report.complete,
      `the export verifies without a server: ${report.records} records, signed root ${report.root}`,
    );

    const tampered = join(demo.dataDir, `audit-${demo.state.telling}-tampered.jsonl`);
    const changed = tamper(readFileSync(file, 'utf8'), approval.id, demo);
    writeFileSync(tampered, changed.text, { mode: 0o600 });
    const found = await verifyAudit(tampered, { keys: trusted });
    const [first] = found.findings;
    demo.holds(!found.ok && first !== undefined, 'a copy with one changed record does not verify');
    demo.holds(
      first?.index === changed.index && first.id === approval.id,
      `the verification names it: record ${String(first?.index)} (${String(first?.id)}): ${first?.problem ?? ''}`,
    );
    demo.tell(
      `In the copy, record ${changed.index} says that the engineer had approved her own model. Its hash gives it away.\n`,
    );
    return {
      file,
      bytes,
      records: report.records,
      root: report.root,
      origin: report.origin,
      keys: trusted,
      tampered,
      tamperedRecord: { index: changed.index, id: approval.id },
      finding: first,
    };
  },
};

/** The record of the approval that put the first version behind the pointer. */
async function approvalRecord(demo: Demo): Promise<z.infer<typeof auditRecord>> {
  const targetId = textFact(demo, 'promote', 'promotionId');
  return waitFor(demo, 'the approval appears in the audit log', async () => {
    const { records } = await demo
      .as('admin')
      .get('/api/v1/audit/records', searchAuditRecordsResponse, { targetId, limit: 100 });
    return (
      records.find(
        ({ action, outcome }) => action.startsWith('registry.promotion.approved.') && outcome === 'success',
      ) ?? null
    );
  });
}

const recordLine = z.looseObject({ kind: z.literal('record'), index: z.number(), leaf: z.string() });

/** A copy of the archive in which one record names another person: what somebody with the database could wish for. */
function tamper(archive: string, id: string, demo: Demo): { text: string; index: number } {
  const [approver, engineer] = [demo.person('approver').id, demo.person('engineer').id];
  const lines = archive.split('\n');
  for (const [place, line] of lines.entries()) {
    if (!line.includes(id)) continue;
    const parsed = recordLine.safeParse(JSON.parse(line));
    if (!parsed.success || !parsed.data.leaf.includes(`"id":"${id}"`)) continue;
    lines[place] = JSON.stringify({ ...parsed.data, leaf: parsed.data.leaf.replaceAll(approver, engineer) });
    if (lines[place] === line) break;
    return { text: lines.join('\n'), index: parsed.data.index };
  }
  throw new BrokenStory(`The export does not hold the record ${id}.`);
}
