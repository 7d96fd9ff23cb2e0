import type { Tx } from '@assay/platform/database';
import {
  type IssueSeverity,
  issueSeverities,
  type IssueStatus,
  type PageKey,
  type SearchIssuesRequest,
} from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { afterSql, cutPage, orderBySql, pageKeySql, readToken, type SortKey } from '../search/keyset.js';
import { SqlParameters } from '../search/sql-parameters.js';
import { testSql } from '../search/test-sql.js';

/** A problem that somebody, or a run, found in the traces of an experiment. */
export interface Issue {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly description: string;
  readonly status: IssueStatus;
  readonly severity: IssueSeverity | null;
  readonly sourceRunId: string | null;
  readonly rootCauses: readonly string[];
  readonly categories: readonly string[];
  readonly createdBy: string | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly traceCount: number | null;
}

interface IssueRow {
  issue_id: string;
  experiment_id: string;
  name: string;
  description: string;
  status: IssueStatus;
  severity: IssueSeverity | null;
  source_run_id: string | null;
  root_causes: string[];
  categories: string[];
  created_by: string | null;
  created_ms: string;
  updated_ms: string;
  trace_count: number | null;
}

const columns = `i.issue_id, i.experiment_id, i.name, i.description, i.status, i.severity, i.source_run_id, i.root_causes, i.categories,
  i.created_by, i.created_ms, i.updated_ms`;

/** A trace shows an issue when an assessment of that kind names it. */
const traceCount = `(select count(distinct a.trace_id) from tracking.assessment a where a.kind = 'issue' and a.name = i.issue_id)`;

const severityRank = `case i.severity ${issueSeverities.map((each, rank) => `when '${each}' then ${rank}`).join(' ')} else -1 end`;

@Injectable()
export class IssueStore {
  async insert(tx: Tx, workspace: string, issue: Issue): Promise<void> {
    await tx.query(
      `insert into tracking.issue (issue_id, workspace, experiment_id, name, description, status, severity, source_run_id, root_causes, categories,
           created_by, created_ms, updated_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        issue.id,
        workspace,
        issue.experimentId,
        issue.name,
        issue.description,
        issue.status,
        issue.severity,
        issue.sourceRunId,
        JSON.stringify(issue.rootCauses),
        JSON.stringify(issue.categories),
        issue.createdBy,
        issue.createdMs,
        issue.updatedMs,
      ],
    );
  }

  async byId(tx: Tx, workspace: string, id: string, held = false): Promise<Issue | null> {
    const [row]: IssueRow[] = await tx.query(
      `select ${columns}, null::bigint as trace_count from tracking.issue i where i.workspace = $1 and i.issue_id = $2 ${held ? 'for update' : ''}`,
      [workspace, id],
    );
    return row === undefined ? null : toIssue(row);
  }

  async update(tx: Tx, { id, name, description, status, severity, updatedMs }: Issue): Promise<void> {
    await tx.query(
      'update tracking.issue set name = $2, description = $3, status = $4, severity = $5, updated_ms = $6 where issue_id = $1',
      [id, name, description, status, severity, updatedMs],
    );
  }

  /** The worst first; of equal ones those that most traces show, where they are counted, and then the newest. */
  async search(
    tx: Tx,
    workspace: string,
    asked: SearchIssuesRequest,
  ): Promise<{ issues: Issue[]; nextPageToken: string | null }> {
    const parameters = new SqlParameters();
    const counted = asked.include_trace_count;
    const conditions = [`i.workspace = ${parameters.add(workspace, 'text')}`];
    if (asked.experiment_id !== undefined)
      conditions.push(`i.experiment_id = ${parameters.add(asked.experiment_id, 'bigint')}`);
    for (const { key, test } of asked.filter_string) {
      if (test.type === 'presence') throw new TypeError('an attribute is always there');
      conditions.push(testSql(key === 'status' ? 'i.status' : 'i.source_run_id', test, parameters));
    }
    const keys: SortKey[] = [
      { sql: severityRank, type: 'bigint', descending: true },
      ...(counted ? [{ sql: traceCount, type: 'bigint', descending: true } as const] : []),
      { sql: 'i.created_ms', type: 'bigint', descending: true },
      { sql: 'i.issue_id', type: 'text', descending: true },
    ];
    const scope = JSON.stringify(['issues', asked.experiment_id, asked.filter_string, counted]);
    const after = readToken(scope, keys, asked.page_token);
    if (after !== null) conditions.push(afterSql(keys, after, parameters));
    const rows: (IssueRow & { page_key: PageKey[] })[] = await tx.query(
      `select ${columns}, ${counted ? traceCount : 'null::bigint'} as trace_count, ${pageKeySql(keys)}
         from tracking.issue i where ${conditions.join(' and ')} order by ${orderBySql(keys)} limit ${asked.max_results + 1}`,
      parameters.values,
    );
    const page = cutPage(scope, rows, asked.max_results);
    return { issues: page.rows.map(toIssue), nextPageToken: page.nextPageToken };
  }
}

function toIssue(row: IssueRow): Issue {
  return {
    id: row.issue_id,
    experimentId: row.experiment_id,
    name: row.name,
    description: row.description,
    status: row.status,
    severity: row.severity,
    sourceRunId: row.source_run_id,
    rootCauses: row.root_causes,
    categories: row.categories,
    createdBy: row.created_by,
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
    traceCount: row.trace_count === null ? null : Number(row.trace_count),
  };
}
