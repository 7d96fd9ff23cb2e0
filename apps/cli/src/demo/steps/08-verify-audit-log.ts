import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArchiveLine } from '@assay/pure/merkle';
import { z } from 'zod';
import { type AuditRecord, auditKeysResponse, searchAuditRecordsResponse } from '@assay/contracts';
import { verifyAudit } from '../../audit-verify.js';
import { writeBody } from '../../commands/audit.js';
import { type Demo, type Step, textFact } from '../demo.js';
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
    await demo.asDatabaseOwner([approval.id, demo.person('approver').id, demo.person('engineer').id, tampered]);
    const found = await verifyAudit(tampered, { keys: trusted });
    const [first] = found.findings;
    demo.holds(
      !found.ok && first !== undefined,
      "a copy in which the database's owner changed one record does not verify",
    );
    demo.holds(
      first?.index === approval.index && first.id === approval.id,
      `the verification names it: record ${String(first?.index)} (${String(first?.id)}): ${first?.problem ?? ''}`,
    );
    demo.holds(
      (await actorIn(tampered, approval.index)) === demo.person('engineer').id &&
        approval.actor.id === demo.person('approver').id,
      `in the copy, record ${approval.index} says that the engineer approved her own model: its hash gives that away`,
    );
    return {
      file,
      bytes,
      records: report.records,
      root: report.root,
      origin: report.origin,
      keys: trusted,
      tampered,
      tamperedRecord: { index: approval.index, id: approval.id },
      finding: first,
    };
  },
};

const leaf = z.looseObject({ actor: z.looseObject({ id: z.string() }) });

/** Who acted, as a record of an archive says. */
async function actorIn(archive: string, index: number): Promise<string | null> {
  for (const line of (await readFile(archive, 'utf8')).split('\n')) {
    const record = parseArchiveLine(line);
    if (record?.kind === 'record' && record.index === index) return leaf.parse(JSON.parse(record.leaf)).actor.id;
  }
  return null;
}

/** The record of the approval that put the first version behind the pointer. */
async function approvalRecord(demo: Demo): Promise<AuditRecord> {
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
