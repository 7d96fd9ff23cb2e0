import { handOver } from './hand-over.js';

const enoughCharacters = 256 * 1024;

/** Texts as bytes to be sent, short ones together. */
export async function* gathered(texts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held: string[] = [];
  let characters = 0;
  for await (const text of texts) {
    held.push(text);
    characters += text.length;
    if (characters < enoughCharacters) continue;
    yield handOver(Buffer.from(held.join('')));
    held = [];
    characters = 0;
  }
  if (characters > 0) yield handOver(Buffer.from(held.join('')));
}
