import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  type CreateIssueRequest,
  createIssueRequest,
  getIssueRequest,
  type IssueMessage,
  issueResponse,
  type SearchIssuesRequest,
  searchIssuesRequest,
  searchIssuesResponse,
  type UpdateIssueRequest,
  updateIssueRequest,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import type { Issue } from './issue.store.js';
import { IssuesService } from './issues.service.js';

const root = '/api/3.0/mlflow/issues';
type IssueResponse = z.infer<typeof issueResponse>;

@Controller()
export class IssuesController {
  constructor(private readonly issues: IssuesService) {}

  @Endpoint({
    method: 'POST',
    path: root,
    permission: 'tracking:write',
    summary: 'Notes a problem found in traces',
    request: createIssueRequest,
    response: issueResponse,
  })
  async create(@Input() input: CreateIssueRequest, @Caller() actor: Actor): Promise<IssueResponse> {
    return { issue: toWire(await this.issues.create(actor, input)) };
  }

  @Endpoint({
    method: 'POST',
    path: `${root}/search`,
    permission: 'tracking:read',
    summary: 'Searches problems found in traces',
    request: searchIssuesRequest,
    response: searchIssuesResponse,
  })
  async search(
    @Input() input: SearchIssuesRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof searchIssuesResponse>> {
    const { issues, nextPageToken } = await this.issues.search(actor, input);
    return {
      ...(issues.length > 0 ? { issues: issues.map(toWire) } : {}),
      next_page_token: nextPageToken ?? '',
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/:issue_id`,
    permission: 'tracking:read',
    summary: 'Reads a problem found in traces',
    request: getIssueRequest,
    response: issueResponse,
  })
  async get(
    @Input() { issue_id: id }: z.infer<typeof getIssueRequest>,
    @Caller() actor: Actor,
  ): Promise<IssueResponse> {
    return { issue: toWire(await this.issues.get(actor, id)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: `${root}/:issue_id`,
    permission: 'tracking:write',
    summary: 'Changes what is said of a problem found in traces',
    request: updateIssueRequest,
    response: issueResponse,
  })
  async update(@Input() input: UpdateIssueRequest, @Caller() actor: Actor): Promise<IssueResponse> {
    return { issue: toWire(await this.issues.update(actor, input)) };
  }
}

function toWire(issue: Issue): IssueMessage {
  return {
    issue_id: issue.id,
    experiment_id: issue.experimentId,
    name: issue.name,
    description: issue.description,
    status: issue.status,
    ...(issue.severity === null ? {} : { severity: issue.severity }),
    ...(issue.rootCauses.length > 0 ? { root_causes: [...issue.rootCauses] } : {}),
    ...(issue.sourceRunId === null ? {} : { source_run_id: issue.sourceRunId }),
    created_timestamp: issue.createdMs,
    last_updated_timestamp: issue.updatedMs,
    ...(issue.createdBy === null ? {} : { created_by: issue.createdBy }),
    ...(issue.categories.length > 0 ? { categories: [...issue.categories] } : {}),
    ...(issue.traceCount === null ? {} : { trace_count: issue.traceCount }),
  };
}
