import { Endpoint, Input, RawRequest } from '@assay/platform/http';
import { graphqlQuery, graphqlRequest, graphqlResponse } from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { OwnEndpoints } from './own-endpoints.js';
import { ReadApi } from './read-api.js';

/** Answers MLflow's page, which reads over GraphQL what other clients read over REST. */
@Controller()
export class GraphqlController {
  constructor(private readonly endpoints: OwnEndpoints) {}

  @Endpoint({
    method: 'POST',
    path: '/graphql',
    permission: 'tracking:read',
    summary: 'Reads experiments, runs, files and versions of models over GraphQL, as the page of MLflow does',
    request: graphqlRequest,
    response: graphqlResponse,
  })
  async answer(
    @Input() operation: z.infer<typeof graphqlRequest>,
    @RawRequest() request: FastifyRequest,
  ): Promise<z.infer<typeof graphqlResponse>> {
    // Only a page asks for it: a server that nobody looks at need not hold a GraphQL engine in memory.
    const { answerOperation } = await import('./answer-operation.js');
    const { data, errors } = await answerOperation(operation, new ReadApi(this.endpoints.inTheNameOf(request)));
    return { data: data === null ? null : { ...data }, errors: errors === null ? null : [...errors] };
  }

  @Endpoint({
    method: 'GET',
    path: '/graphql',
    permission: 'tracking:read',
    summary: 'The same for an operation without variables',
    request: graphqlQuery,
    response: graphqlResponse,
  })
  async answerQuery(
    @Input() operation: z.infer<typeof graphqlQuery>,
    @RawRequest() request: FastifyRequest,
  ): Promise<z.infer<typeof graphqlResponse>> {
    return this.answer(operation, request);
  }
}
