import { limits } from '../limits.js';
import { message } from '../message.js';
import { entityKey } from '../names.js';
import { ruleError } from '../parameter-error.js';
import { int64Between, list, requiredTextUpTo, textUpTo } from '../scalars.js';

const escaped = /%[0-9A-Fa-f]{2}/;
const unprintable = /\p{Cc}/u;

/** Whether a name has one spelling only: no percent-encoded twin, no compatibility lookalike, nothing invisible at its ends. */
function hasOneSpelling(name: string): boolean {
  return name.normalize('NFKC') === name && !escaped.test(name) && !unprintable.test(name) && name.trim() === name;
}

/** Name of a registered model: one path segment that has no second spelling. */
export const modelName = requiredTextUpTo(256)
  .refine((name) => name.trim() !== '', { error: ruleError('a model name must not be blank.'), abort: true })
  .refine((name) => !/[/:\\]/.test(name), {
    error: ruleError("a model name must not hold '/', ':' or '\\'."),
    abort: true,
  })
  .refine((name) => name !== '.' && name !== '..', {
    error: ruleError('a model name must not be a relative path.'),
    abort: true,
  })
  .refine(hasOneSpelling, {
    error: ruleError(
      'a model name must not begin or end in spaces, nor hold control, percent-encoded or compatibility characters.',
    ),
  })
  .describe('Name of the registered model');

/** Number of a model version; a string on the wire, as MLflow has it. */
export const versionNumber = int64Between(1, Number.MAX_SAFE_INTEGER).describe('Number of the version');

/** An alias that is looked up or removed: any text, so that an unknown one is simply not found. */
export const aliasToFind = requiredTextUpTo(255).describe('Name of the alias');

/** An alias that is set. `latest` and `v1` are taken by MLflow's own notation of versions. */
export const aliasToSet = requiredTextUpTo(255)
  .refine((alias) => /^[\p{L}\p{N}_-]+$/u.test(alias) && hasOneSpelling(alias), {
    error: ruleError('an alias may hold letters, digits, underscores and dashes.'),
  })
  .refine((alias) => alias.toLowerCase() !== 'latest', {
    error: ruleError("'latest' alias name (case insensitive) is reserved."),
  })
  .refine((alias) => !/^v\d+$/i.test(alias), {
    error: ruleError("version alias names like 'v9' are reserved."),
  })
  .describe('Name of the alias');

export const tagKey = entityKey.describe('Name of the tag');
export const tagValue = textUpTo(limits.registryTagValue).default('').describe('Value of the tag');

const tag = message({ key: tagKey, value: tagValue });

/** The tags of a request that creates something; more can be set one by one. */
export const tags = list(tag).refine((items) => items.length <= 500, {
  error: () => "'tags' exceeds the maximum of 500 tags",
});

/** Later entries win, as if each tag had been set in turn. */
export function uniqueTags(tags: readonly { key: string; value: string }[]): { key: string; value: string }[] {
  return [...new Map(tags.map((entry) => [entry.key, entry])).values()];
}
