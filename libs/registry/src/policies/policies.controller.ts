import {
  type Actor,
  type Policy,
  type PublishedPolicy,
  policy,
  policyList,
  policyRequest,
  publishedPolicy,
  publishPolicyRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { PoliciesService } from './policies.service.js';
import { PublishPolicy } from './publish-policy.js';

@Controller()
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly publishPolicy: PublishPolicy,
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
    path: '/api/v1/policies/:name',
    permission: 'registry:read',
    summary: 'Show a policy',
    request: policyRequest,
    response: policy,
  })
  get(@Caller() actor: Actor, @Input() input: { name: string; version?: number }): Promise<Policy> {
    return this.policies.get(actor, input);
  }
}
