import { cutText, limits } from '@assay/pure/mlflow-wire';
import { pythonJson } from './python-json.js';

type Role = 'user' | 'assistant';

/** The beginning of a trace's input or output: of a conversation the last message of that role, of anything else its JSON. */
export function previewOf(value: unknown, role: Role): string {
  const message = lastMessage(messagesIn(value), role);
  const whole = textIn(message) || (typeof value === 'string' ? value : pythonJson(value));
  if (whole.length <= limits.tracePreview) return whole;
  return `${cutText(whole, limits.tracePreview - 3)}...`;
}

/** Messages of the request and answer shapes of chat APIs. */
function messagesIn(value: unknown): readonly Message[] {
  if (!isRecord(value)) return [];
  for (const key of ['messages', 'input', 'output']) {
    const list = value[key];
    if (Array.isArray(list)) return list.filter(isMessage);
  }
  const choices = value['choices'];
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const message = isRecord(first) ? first['message'] : undefined;
  if (isMessage(message)) return [message];
  return messagesIn(value['request']);
}

interface Message {
  readonly role: unknown;
  readonly content: unknown;
}

function lastMessage(messages: readonly Message[], role: Role): Message | undefined {
  return messages.findLast((message) => message.role === role) ?? messages.at(-1);
}

function textIn(message: Message | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  for (const part of Array.isArray(content) ? content : []) {
    if (typeof part === 'string') return part;
    if (
      isRecord(part) &&
      (part['type'] === 'text' || part['type'] === 'output_text') &&
      typeof part['text'] === 'string'
    )
      return part['text'];
  }
  return '';
}

function isMessage(value: unknown): value is Message {
  return isRecord(value) && 'role' in value && 'content' in value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
