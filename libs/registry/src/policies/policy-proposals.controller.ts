import {
  type AcceptPolicyProposalRequest,
  type Actor,
  type PolicyProposal,
  type ProposalState,
  type RefusePolicyProposalRequest,
  acceptPolicyProposalRequest,
  policyProposal,
  policyProposalList,
  policyProposalListRequest,
  policyProposalRequest,
  refusePolicyProposalRequest,
  withdrawPolicyProposalRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { DecidePolicyChange } from './decide-policy-change.js';
import { PolicyProposals } from './policy-proposals.js';

const path = '/api/v1/policies/:name/proposals';

@Controller()
export class PolicyProposalsController {
  constructor(
    private readonly proposals: PolicyProposals,
    private readonly decide: DecidePolicyChange,
  ) {}

  @Endpoint({
    method: 'GET',
    path,
    permission: 'registry:read',
    summary: 'List proposals to change a policy',
    request: policyProposalListRequest,
    response: policyProposalList,
  })
  async list(@Caller() actor: Actor, @Input() input: { name: string; state?: ProposalState }) {
    return { proposals: await this.proposals.list(actor, input) };
  }

  @Endpoint({
    method: 'GET',
    path: `${path}/:id`,
    permission: 'registry:read',
    summary: 'Show a proposal to change a policy',
    request: policyProposalRequest,
    response: policyProposal,
  })
  get(@Caller() actor: Actor, @Input() input: { name: string; id: string }): Promise<PolicyProposal> {
    return this.proposals.get(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/accept`,
    permission: 'promotions:decide',
    summary: 'Accept a change of a policy and sign; with the last acceptance it holds',
    request: acceptPolicyProposalRequest,
    response: policyProposal,
  })
  accept(@Caller() actor: Actor, @Input() input: AcceptPolicyProposalRequest): Promise<PolicyProposal> {
    return this.decide.accept(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/refuse`,
    permission: 'promotions:decide',
    summary: 'Refuse a change of a policy and sign',
    request: refusePolicyProposalRequest,
    response: policyProposal,
  })
  refuse(@Caller() actor: Actor, @Input() input: RefusePolicyProposalRequest): Promise<PolicyProposal> {
    return this.decide.refuse(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/withdraw`,
    permission: 'policies:write',
    summary: 'Withdraw your proposal to change a policy',
    request: withdrawPolicyProposalRequest,
    response: policyProposal,
  })
  withdraw(
    @Caller() actor: Actor,
    @Input() input: { name: string; id: string; comment: string },
  ): Promise<PolicyProposal> {
    return this.proposals.withdraw(actor, input);
  }
}
