import { type AnyValue, attributeOf, type KeyValue, plainValue, type Span, traceIdOf } from './span.js';

/** Attributes by which MLflow knows what a span is. */
export const spanKeys = {
  traceId: 'mlflow.traceRequestId',
  type: 'mlflow.spanType',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  usage: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  traceTag: 'mlflow.traceTag.',
} as const;

/** How one family of instrumentations names what MLflow has names of its own for. */
interface Convention {
  readonly inputTokens: string;
  readonly outputTokens: string;
  readonly totalTokens?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly type: string;
  readonly types: Readonly<Record<string, string>>;
}

const conventions: readonly Convention[] = [
  // OpenInference, spec/semantic_conventions.md
  {
    inputTokens: 'llm.token_count.prompt',
    outputTokens: 'llm.token_count.completion',
    totalTokens: 'llm.token_count.total',
    inputs: ['input.value'],
    outputs: ['output.value'],
    type: 'openinference.span.kind',
    types: same('TOOL', 'CHAIN', 'LLM', 'RETRIEVER', 'EMBEDDING', 'AGENT', 'RERANKER', 'GUARDRAIL', 'EVALUATOR'),
  },
  // OpenTelemetry's semantic conventions for generative AI
  {
    inputTokens: 'gen_ai.usage.input_tokens',
    outputTokens: 'gen_ai.usage.output_tokens',
    inputs: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments'],
    outputs: ['gen_ai.output.messages', 'gen_ai.tool.call.result'],
    type: 'gen_ai.operation.name',
    types: {
      chat: 'CHAT_MODEL',
      create_agent: 'AGENT',
      embeddings: 'EMBEDDING',
      execute_tool: 'TOOL',
      generate_content: 'LLM',
      invoke_agent: 'AGENT',
      text_completion: 'LLM',
    },
  },
  // OpenLLMetry (Traceloop)
  {
    inputTokens: 'gen_ai.usage.prompt_tokens',
    outputTokens: 'gen_ai.usage.completion_tokens',
    totalTokens: 'llm.usage.total_tokens',
    inputs: ['traceloop.entity.input'],
    outputs: ['traceloop.entity.output'],
    type: 'traceloop.span.kind',
    types: { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL' },
  },
];

/** How many values may still come out of texts: each becomes an object, and two characters are enough for one. */
export interface Allowance {
  left: number;
}

/** For all spans of one export together: as many as the export itself may hold. */
export function anAllowance(): Allowance {
  return { left: 500_000 };
}

/**
 * The attributes of a span as they are stored: with the trace's id as MLflow writes it, and where another convention says what MLflow has
 * a name for, with that as well. Texts that hold JSON under MLflow's own names become the lists and maps that they stand for, as far as the
 * allowance goes.
 */
export function storedAttributes(
  span: Pick<Span, 'traceId' | 'attributes'>,
  allowance: Allowance,
): readonly KeyValue[] {
  const attributes = new Map(
    span.attributes.map(({ key, value }) => [key, key.startsWith('mlflow.') ? unwrapped(value, allowance) : value]),
  );
  const add = (key: string, value: AnyValue | undefined): void => {
    if (value !== undefined && !attributes.has(key)) attributes.set(key, value);
  };
  add(
    spanKeys.inputs,
    firstOf(span.attributes, (each) => each.inputs, allowance),
  );
  add(
    spanKeys.outputs,
    firstOf(span.attributes, (each) => each.outputs, allowance),
  );
  add(spanKeys.usage, usageOf(span.attributes));
  const type = typeOf(span.attributes);
  const given = plainValue(attributes.get(spanKeys.type));
  if (type !== undefined && (given === undefined || given === 'UNKNOWN'))
    attributes.set(spanKeys.type, { string_value: type });
  attributes.set(spanKeys.traceId, { string_value: traceIdOf(span) });
  return [...attributes].map(([key, value]) => ({ key, value }));
}

function firstOf(
  attributes: readonly KeyValue[],
  keys: (convention: Convention) => readonly string[],
  allowance: Allowance,
): AnyValue | undefined {
  for (const convention of conventions) {
    for (const key of keys(convention)) {
      const value = attributeOf(attributes, key);
      if (value !== undefined) return unwrapped(value, allowance);
    }
  }
  return undefined;
}

function usageOf(attributes: readonly KeyValue[]): AnyValue | undefined {
  for (const { inputTokens, outputTokens, totalTokens } of conventions) {
    const input = countOf(attributes, inputTokens);
    const output = countOf(attributes, outputTokens);
    const both = input === null || output === null ? null : input + output;
    const total = (totalTokens === undefined ? null : countOf(attributes, totalTokens)) ?? both;
    const counts = { input_tokens: input, output_tokens: output, total_tokens: total };
    const values = Object.entries(counts).flatMap(([key, count]) =>
      count === null ? [] : [{ key, value: { int_value: count } }],
    );
    if (values.length > 0) return { kvlist_value: { values } };
  }
  return undefined;
}

function countOf(attributes: readonly KeyValue[], key: string): number | null {
  const value = plainValue(attributeOf(attributes, key));
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) ? count : null;
}

function typeOf(attributes: readonly KeyValue[]): string | undefined {
  for (const { type, types } of conventions) {
    const given = plainValue(attributeOf(attributes, type));
    if (typeof given === 'string' && Object.hasOwn(types, given)) return types[given];
  }
  return undefined;
}

/** A text that holds a JSON list, map or text is that; any other value stays. */
function unwrapped(value: AnyValue, allowance: Allowance): AnyValue {
  if (!('string_value' in value) || !/^\s*[[{"]/.test(value.string_value)) return value;
  const most = mostValuesIn(value.string_value);
  if (most > allowance.left) return value;
  allowance.left -= most;
  try {
    return fromJson(JSON.parse(value.string_value), 1) ?? value;
  } catch {
    return value; // no JSON after all
  }
}

/** A list, map, or any of their values begins behind one of these; within texts they count as well. */
function mostValuesIn(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x5b || code === 0x7b || code === 0x2c) count += 1;
  }
  return count;
}

function fromJson(value: unknown, depth: number): AnyValue | null {
  if (depth > 32) return null;
  if (typeof value === 'string') return { string_value: value.toWellFormed().replaceAll('\0', '\uFFFD') };
  if (typeof value === 'boolean') return { bool_value: value };
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { int_value: value } : { double_value: value };
  if (typeof value !== 'object' || value === null) return {};
  const entries = Array.isArray(value) ? value : Object.values(value);
  const values = entries.map((each) => fromJson(each, depth + 1));
  const whole = values.flatMap((each) => (each === null ? [] : [each]));
  if (whole.length < values.length) return null;
  if (Array.isArray(value)) return { array_value: { values: whole } };
  const keys = Object.keys(value);
  return {
    kvlist_value: {
      values: whole.map((each, place) => ({
        key: (keys[place] ?? '').toWellFormed().replaceAll('\0', '\uFFFD'),
        value: each,
      })),
    },
  };
}

function same(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}
