import { z } from 'zod';
import { requiredText, text } from './scalars.js';
import { message } from './message.js';
import { parameterError } from './parameter-error.js';

export const graphqlRequest = message({
  query: requiredText.describe('The operations and fragments, in GraphQL'),
  variables: z
    .record(z.string(), z.unknown(), { error: parameterError })
    .optional()
    .describe('Values of the variables of the operation'),
  operationName: text.optional().describe('Which operation to run, where there are several'),
});

/** By GET, for operations without variables. */
export const graphqlQuery = message({
  query: requiredText.describe('The operations and fragments, in GraphQL'),
  operationName: text.optional().describe('Which operation to run, where there are several'),
});

export const graphqlResponse = z.object({
  data: z.record(z.string(), z.unknown()).nullable().describe('What was asked for; null when it could not be tried'),
  errors: z.array(z.string()).nullable().describe('What went wrong; null when nothing did'),
});
