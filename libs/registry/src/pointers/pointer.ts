import type { Stage } from '@assay/pure/mlflow-wire';

/** By which road a pointer was moved. */
export type MoveVia =
  | 'alias'
  | 'stage'
  | 'pointer'
  | 'promotion'
  | 'rollback'
  | 'break-glass'
  | 'version-delete'
  | 'model-delete';

/** That an approved request stands behind a move. Only the promotion that is being applied may make one. */
export interface MoveAuthority {
  readonly requestId: string;
  readonly policyVersionIds: readonly string[];
  /** SHA-256 digests of what the decision looked at. */
  readonly evidence: readonly string[];
}

/** A wanted move. `expected` is the holder that it replaces: null for none, left out not to compare. */
export interface PointerMove {
  readonly modelId: string;
  readonly pointer: string;
  readonly to: number | null;
  readonly expected?: number | null;
  readonly via: MoveVia;
  readonly reason?: string;
  readonly authority?: MoveAuthority;
}

/** A move as somebody asks for it: by the model's name, and never with an authority. */
export type AskedMove = Omit<PointerMove, 'modelId' | 'authority'> & { readonly model: string };

/** A row of the ledger. */
export interface RecordedMove {
  readonly id: string;
  readonly modelId: string;
  readonly pointer: string;
  readonly sequence: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly via: MoveVia;
  readonly actorId: string;
  readonly actorKind: string;
  readonly onBehalfOf: string | null;
  readonly reason: string | null;
  readonly requestId: string | null;
  /** The policy texts that the request was bound to. */
  readonly policyVersionIds: readonly string[];
  readonly evidence: readonly string[];
  readonly movedAt: Date;
}

/** Stages that consumers read by `models:/<name>/<stage>`; the others mark versions that nobody should read. */
export const readStages = ['Staging', 'Production'] as const satisfies readonly Stage[];
export type ReadStage = (typeof readStages)[number];

/** Whether consumers read this stage. */
export function isReadStage(stage: Stage): stage is ReadStage {
  return stage === 'Staging' || stage === 'Production';
}

/** The pointer of a stage. It holds the stage's newest version, which is what MLflow's clients resolve the stage to. */
export function stagePointer(stage: ReadStage): string {
  return `stage:${stage}`;
}

/** The stage that a pointer stands for, or null for an alias. */
export function stageOf(pointer: string): ReadStage | null {
  return readStages.find((stage) => stagePointer(stage) === pointer) ?? null;
}

/**
 * What a pointer held at an instant, or holds now, from its ledger alone: the last move until then. The sequence decides which is last, and
 * the store keeps times in its order, so a clock that jumps back changes nothing.
 * @param moves all moves of one pointer, in any order
 */
export function replay<Move extends Pick<RecordedMove, 'sequence' | 'movedAt'>>(
  moves: readonly Move[],
  asOf: Date | null,
): Move | null {
  const until = asOf === null ? moves : moves.filter(({ movedAt }) => movedAt <= asOf);
  return until.reduce<Move | null>(
    (last, move) => (last === null || move.sequence > last.sequence ? move : last),
    null,
  );
}
