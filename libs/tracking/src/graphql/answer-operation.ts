import {
  type DocumentNode,
  execute,
  getNullableType,
  GraphQLBoolean,
  GraphQLError,
  GraphQLFloat,
  type GraphQLFieldResolver,
  GraphQLInt,
  type GraphQLOutputType,
  GraphQLString,
  isEnumType,
  isListType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { problemOf } from './query-limits.js';
import type { ReadApi } from './read-api.js';
import { apiError, longString, schema } from './schema.js';

/** What a caller asks for, as GraphQL over HTTP sends it. */
export interface Operation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

/** As MLflow answers: errors are their messages, and null when there are none. */
export interface OperationAnswer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly string[] | null;
}

const mostTokens = 20_000;

/** Reads, limits, checks and answers an operation. Whatever is wrong with it is told in `errors`. */
export async function answerOperation(operation: Operation, api: ReadApi): Promise<OperationAnswer> {
  const document = parsed(operation.query);
  if (document instanceof GraphQLError) return refused([document.message]);
  const problem = problemOf(document);
  if (problem !== null) return refused([problem]);
  const problems = validate(schema, document);
  if (problems.length > 0) return refused(problems.map(({ message }) => message));
  const { data, errors } = await execute({
    schema,
    document,
    contextValue: api,
    fieldResolver: fieldOf,
    ...(operation.variables === undefined ? {} : { variableValues: operation.variables }),
    ...(operation.operationName === undefined ? {} : { operationName: operation.operationName }),
  });
  return { data: data ?? null, errors: errors === undefined ? null : errors.map(({ message }) => message) };
}

function parsed(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens: mostTokens });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function refused(errors: readonly string[]): OperationAnswer {
  return { data: null, errors };
}

/** The field of that name in a REST answer, or what protobuf gives for one that is not set. */
const fieldOf: GraphQLFieldResolver<unknown, ReadApi> = (source, _arguments, _api, { fieldName, returnType }) => {
  const name = fieldName.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const value: unknown = isRecord(source) ? source[name] : undefined;
  if (value === undefined || value === null) return unset(returnType);
  // No number is no Float of GraphQL.
  return returnType === GraphQLFloat && value === 'NaN' ? null : value;
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function unset(type: GraphQLOutputType): unknown {
  const plain = getNullableType(type);
  if (plain === apiError) return null;
  if (isListType(plain)) return [];
  if (isObjectType(plain)) return {};
  if (isEnumType(plain)) return plain.getValues()[0]?.value;
  if (plain === GraphQLString) return '';
  if (plain === GraphQLBoolean) return false;
  return plain === longString || plain === GraphQLFloat || plain === GraphQLInt ? 0 : null;
}
