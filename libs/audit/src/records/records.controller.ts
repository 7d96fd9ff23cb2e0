import {
  type Actor,
  auditRecordDetailResponse,
  auditRecordRequest,
  exportAuditRecordsRequest,
  type ExportAuditRecordsRequest,
  searchAuditRecordsRequest,
  type SearchAuditRecordsRequest,
  searchAuditRecordsResponse,
} from '@assay/contracts';
import { Readable } from 'node:stream';
import { Caller, Endpoint, Input, RawReply } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { ExportRecords } from '../export/export-records.js';
import { RecordsService } from './records.service.js';

@Controller()
export class RecordsController {
  constructor(
    private readonly records: RecordsService,
    private readonly exports: ExportRecords,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/api/v1/audit/records',
    permission: 'audit:read',
    summary: 'Search the audit log, newest first',
    request: searchAuditRecordsRequest,
    response: searchAuditRecordsResponse,
  })
  search(
    @Caller() actor: Actor,
    @Input() input: SearchAuditRecordsRequest,
  ): Promise<z.infer<typeof searchAuditRecordsResponse>> {
    return this.records.search(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/audit/records/:id',
    permission: 'audit:read',
    summary: 'One audit record with its personal values',
    request: auditRecordRequest,
    response: auditRecordDetailResponse,
  })
  get(
    @Caller() actor: Actor,
    @Input() { id }: z.infer<typeof auditRecordRequest>,
  ): Promise<z.infer<typeof auditRecordDetailResponse>> {
    return this.records.get(actor, id);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/audit/records/:id/proof',
    permission: 'audit:read',
    summary: 'The proof that a record is in the log (C2SP tlog-proof)',
    request: auditRecordRequest,
    produces: 'text/plain',
  })
  async proof(
    @Caller() actor: Actor,
    @Input() { id }: z.infer<typeof auditRecordRequest>,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const proof = await this.records.proof(actor, id);
    await reply.header('content-type', 'text/plain; charset=utf-8').send(proof);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/audit/export',
    permission: 'audit:read',
    summary: 'An archive of records that verifies offline',
    request: exportAuditRecordsRequest,
    produces: 'application/x-ndjson',
  })
  async export(
    @Caller() actor: Actor,
    @Input() filter: ExportAuditRecordsRequest,
    @RawReply() reply: FastifyReply,
  ): Promise<void> {
    const lines = await this.exports.execute(actor, filter);
    await reply
      .header('content-type', 'application/x-ndjson')
      .header('content-disposition', 'attachment; filename="assay-audit.jsonl"')
      .send(Readable.from(lines));
  }
}
