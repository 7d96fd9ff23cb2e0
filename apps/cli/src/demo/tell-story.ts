import type { Progress } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';
import type { CastMember } from './people.js';
import { BrokenStory, type Demo, type Facts, type Step } from './demo.js';
import type { DemoState, Role, ToldStep } from './demo-state.js';
import { registerData } from './steps/01-register-dataset.js';
import { train } from './steps/02-train.js';
import { registerModel } from './steps/03-register-model.js';
import { evaluate } from './steps/04-evaluate.js';
import { promote } from './steps/05-promote.js';
import { watch } from './steps/06-watch.js';
import { retrain } from './steps/07-retrain.js';
import { verifyAuditLog } from './steps/08-verify-audit-log.js';

/** The credit-risk pilot, in order. */
export const pilot: readonly Step[] = [
  registerData,
  train,
  registerModel,
  evaluate,
  promote,
  watch,
  retrain,
  verifyAuditLog,
];

export interface StoryTeller extends Pick<
  Demo,
  'server' | 'dataDir' | 'context' | 'names' | 'data' | 'asDatabaseOwner'
> {
  readonly state: DemoState;
  readonly progress: Progress;
  readonly cast: Record<Role, CastMember>;
  /** Audit records that calls have written since it was last emptied. */
  readonly witnessed: string[];
  readonly now: () => number;
  /** Whether somebody stopped the demo: then a call that breaks off is no broken claim. */
  readonly stopping: () => boolean;
}

export interface ToldStory {
  readonly ok: boolean;
  readonly steps: readonly (ToldStep & { id: string; title: string; resumed: boolean })[];
  readonly broken: { step: string; claim: string } | null;
}

/** Tells every step in order; ends at the first claim that does not hold. */
export async function tellStory(teller: StoryTeller, steps: readonly Step[] = pilot): Promise<ToldStory> {
  const { terminal } = teller.context;
  const told: ToldStory['steps'][number][] = [];
  for (const [place, step] of steps.entries()) {
    const heading = `${place + 1}/${steps.length} ${step.title}`;
    const before = teller.state.step(step.id);
    if (before !== undefined) {
      terminal.err(
        `${terminal.style('green', '✓')} ${heading} ${terminal.style('dim', '(before the interruption)')}\n`,
      );
      told.push({ ...before, id: step.id, title: step.title, resumed: true });
      continue;
    }
    terminal.err(`${terminal.style('bold', heading)}\n`);
    const began = teller.now();
    const checks: string[] = [];
    teller.witnessed.length = 0;
    try {
      const facts = await step.run(demoOf(teller, checks));
      teller.progress.stop();
      const done: ToldStep = {
        seconds: round((teller.now() - began) / 1000),
        facts,
        auditIds: [...teller.witnessed],
        checks,
      };
      teller.state.keepStep(step.id, done);
      told.push({ ...done, id: step.id, title: step.title, resumed: false });
      terminal.err(
        `${terminal.style('dim', `  ${done.seconds.toFixed(1)} s, ${checks.length} checks, ${done.auditIds.length} audit records of these calls`)}\n\n`,
      );
    } catch (error) {
      teller.progress.stop();
      if (teller.stopping()) throw error;
      const claim = sentenceOf(error);
      terminal.err(`${terminal.style('red', '✗')} ${claim}\n`);
      return { ok: false, steps: told, broken: { step: step.id, claim } };
    }
  }
  return { ok: true, steps: told, broken: null };
}

function demoOf(teller: StoryTeller, checks: string[]): Demo {
  const { terminal } = teller.context;
  return {
    ...teller,
    as: (role) => teller.cast[role].client,
    person: (role) => ({ ...teller.state.person(role), id: teller.cast[role].id }),
    holds: (condition, claim) => {
      if (!condition) throw new BrokenStory(`This does not hold: ${claim}`);
      checks.push(claim);
      teller.progress.stop();
      terminal.err(`  ${terminal.style('green', '✓')} ${claim}\n`);
    },
    tell: (text) => {
      teller.progress.stop();
      terminal.err(indented(text, terminal));
    },
    fact: (step, name) => {
      const facts: Facts | undefined = teller.state.step(step)?.facts;
      return facts?.[name];
    },
  };
}

function indented(text: string, terminal: Terminal): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `      ${terminal.style('dim', line)}\n`)
    .join('');
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
