import { createHash } from 'node:crypto';
import type { PolicyDocument } from '@assay/contracts';
import { AppError } from '@assay/platform/http';
import type { PolicyProblem } from './parse-policy.js';

/** A policy file that reads well, before anything that it names was looked up. */
export interface PolicyDraft {
  text: string;
  /** SHA-256 of the text. */
  digest: string;
  document: PolicyDocument;
  at: (path: readonly PropertyKey[]) => { line: number; column: number };
}

/** Loaded, and YAML with it, when the first policy comes. */
const policyReader = () => import('./parse-policy.js');

/** @throws {AppError} that names each problem with its line and column. */
export async function readDraft(text: string): Promise<PolicyDraft> {
  const { parsePolicy } = await policyReader();
  const parsed = parsePolicy(text);
  if (!parsed.ok) throw await policyRefused(parsed.problems);
  const digest = createHash('sha256').update(text, 'utf8').digest('hex');
  return { text, digest, document: parsed.document, at: parsed.at };
}

export async function policyRefused(problems: readonly PolicyProblem[]): Promise<AppError> {
  const { describeProblems } = await policyReader();
  return new AppError('INVALID_PARAMETER_VALUE', `The policy can't be published: ${describeProblems(problems)}.`, {
    problems,
  });
}
