import type { GateResult, Promotion, PromotionDecision, PromotionGate, PromotionMove } from '@assay/contracts';
import { called } from '../output/called.js';
import { fields, table } from '../output/table.js';

/** What came of a gate, and what a reader must know of it before signing. */
function outcomeText({ outcome, selfReported, pending }: GateResult): string {
  if (selfReported) return `${outcome} (self-reported)`;
  return pending ? `${outcome} (being looked at)` : outcome;
}

/** A request for people: what it wants, what each gate found, who has decided, who may still, and until when. */
export function promotionText(row: Promotion): string {
  const head = fields({
    request: row.id,
    wants: row.moves.map(wantedText).join(', and '),
    because: row.reason,
    policies: policiesText(row),
    'asked by': `${called(row.requestedBy)} at ${row.requestedAt}`,
    state: row.state,
    ...(row.outcome === null ? { until: row.expiresAt } : { outcome: row.outcome }),
    binding: row.binding,
  });
  return `${head}\n${gatesText(row)}${decisionsText(row)}${openText(row)}`;
}

function wantedText({ expectedHolder, ...move }: PromotionMove): string {
  return `${moveText(move)} (now ${expectedHolder === null ? 'nothing' : `version ${expectedHolder}`})`;
}

function moveText({ model, pointer, version }: Pick<PromotionMove, 'model' | 'pointer' | 'version'>): string {
  return `${model}@${pointer} → version ${version}`;
}

/** What a request moves, in a line. */
export function movesText({ moves }: Promotion): string {
  return moves.map(moveText).join(', ');
}

function gatesText(row: Promotion): string {
  const of = ({ move }: PromotionGate): string => {
    const about = row.moves[move];
    return about === undefined ? '' : `${about.model}@${about.pointer}`;
  };
  return table(
    row.gates,
    [
      ...(row.moves.length > 1 ? [{ title: 'pointer', value: of }] : []),
      ...(row.policies.length > 1 ? [{ title: 'policy', value: (gate: PromotionGate) => gate.policy }] : []),
      { title: 'gate', value: (gate) => gate.gate },
      { title: 'required', value: (gate) => gate.required },
      { title: 'observed', value: (gate) => gate.observed },
      { title: 'outcome', value: outcomeText },
    ],
    'No gate was evaluated yet.',
  );
}

function decisionsText({ decisions }: Promotion): string {
  if (decisions.length === 0) return '';
  const said = ({ decision, voided }: PromotionDecision): string => (voided ? `${decision} (void)` : decision);
  return `\n${table(decisions, [
    { title: 'decision', value: said },
    { title: 'by', value: ({ by }) => called(by) },
    { title: 'as', value: ({ role }) => role },
    { title: 'at', value: ({ at }) => at },
    { title: 'comment', value: ({ comment }) => comment },
  ])}`;
}

/** What is still needed, who can't give it, and what would undo what was given. */
function openText(row: Promotion): string {
  if (row.outcome !== null || row.state === 'applied') return '';
  const needed = row.missingApprovals.map(({ policy, approver, count, next }) => {
    const of = row.policies.length > 1 ? ` (policy ${policy})` : '';
    return `Still needed: ${count} approval${count === 1 ? '' : 's'} by ${approver}${of}${next ? '' : ', after those above'}.\n`;
  });
  return [
    ...needed,
    `Never by ${row.mayNotApprove.map(called).join(', ')}: they trained, wrote files of, registered or requested it, or made the program that did.\n`,
    'Void, if the version, its evidence, a policy or the holder changes, or a signer turns out to be one of them.\n',
  ].join('');
}

export function policiesText(row: Promotion): string {
  return row.policies.map(({ name, version }) => `policy ${name} version ${version}`).join(', ');
}

/** What comes next for a request, and who does it. */
export function nextStep({ id, state }: Promotion): string | null {
  if (state === 'awaiting_approval')
    return `Next, somebody who may sign it: assay approve ${id} --comment "what you looked at"`;
  if (state === 'open' || state === 'checking')
    return `Next, its evidence: assay run evaluate --model MODEL:VERSION --dataset NAME:VERSION has it measured; assay promotions watch ${id} follows it.`;
  return state === 'applied' ? 'Next, what serves: assay serving' : null;
}

/** Where a request stands, in a sentence. */
export function sentence(row: Promotion): string {
  return `Request ${row.id} (${movesText(row)}) is ${row.state.replaceAll('_', ' ')}${row.outcome === null ? '' : `: ${row.outcome}`}`;
}
