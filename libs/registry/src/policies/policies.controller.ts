import {
  type Actor,
  type Policy,
  type PolicyTrial,
  type PublishedPolicy,
  type TryPolicyRequest,
  jsonSchema,
  policy,
  policyList,
  policyRequest,
  policySchema,
  policySchemaPath,
  publishedPolicy,
  policyTrial,
  publishPolicyRequest,
  tryPolicyRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { PoliciesService } from './policies.service.js';
import { PublishPolicy } from './publish-policy.js';
import { TryPolicy } from './try-policy.js';

@Controller()
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly publishPolicy: PublishPolicy,
    private readonly tryPolicy: TryPolicy,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/policies',
    permission: 'policies:write',
    summary: 'Publish a policy file as the next version, propose it where it guards something, or check it with dryRun',
    request: publishPolicyRequest,
    response: publishedPolicy,
  })
  publish(
    @Caller() actor: Actor,
    @Input() input: { text: string; reason: string; dryRun: boolean },
  ): Promise<PublishedPolicy> {
    return this.publishPolicy.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/policies',
    permission: 'registry:read',
    summary: 'List the current version of each policy',
    response: policyList,
  })
  async list(@Caller() actor: Actor): Promise<{ policies: Policy[] }> {
    return { policies: await this.policies.list(actor) };
  }

  @Endpoint({
    method: 'GET',
    path: policySchemaPath,
    permission: 'public',
    summary: 'JSON Schema of a policy file, for completion in editors',
    response: jsonSchema,
  })
  schema(): Record<string, unknown> {
    return policySchema();
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/policies/:name',
    permission: 'registry:read',
    summary: 'Show a policy',
    request: policyRequest,
    response: policy,
  })
  get(@Caller() actor: Actor, @Input() input: { name: string; version?: number }): Promise<Policy> {
    return this.policies.get(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/policies/:name/dry-run',
    permission: 'registry:read',
    models: { fields: ['moves.model'] },
    summary:
      'Try a policy, or a draft of it, against what a request would ask for: what would fail, and why; changes nothing',
    request: tryPolicyRequest,
    response: policyTrial,
  })
  dryRun(@Caller() actor: Actor, @Input() input: TryPolicyRequest): Promise<PolicyTrial> {
    return this.tryPolicy.execute(actor, input);
  }
}
